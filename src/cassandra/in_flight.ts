/**
 * Works on items with a bounded number at once, in the order given.
 *
 * After a failure nothing new is started; what runs is waited for, so that no work goes on behind
 * the caller's back, and the first error is thrown. An item is asked for when there is room for it.
 *
 * @param limit How many at once, > 0.
 */
export async function forEachInFlight<T>(
  items: Iterable<T>,
  limit: number,
  work: (item: T) => Promise<void>,
): Promise<void> {
  const iterator = items[Symbol.iterator]();
  let failure: { readonly error: unknown } | undefined;
  const lane = async () => {
    while (failure === undefined) {
      try {
        const { done, value } = iterator.next();
        if (done === true) return;
        await work(value);
      } catch (error) {
        failure ??= { error };
      }
    }
  };
  await Promise.all(Array.from({ length: limit }, lane));
  if (failure !== undefined) throw failure.error;
}
