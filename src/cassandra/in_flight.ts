/** Room for a bounded number of works at once, whoever does them; who waits is served in order. */
export class Slots {
  #free: number;
  readonly #waiting: (() => void)[] = [];

  /** @param limit How many at once, > 0. */
  constructor(limit: number) {
    this.#free = limit;
  }

  async take(): Promise<void> {
    if (this.#free > 0) {
      this.#free -= 1;
      return;
    }
    const { promise, resolve } = Promise.withResolvers<void>();
    this.#waiting.push(resolve);
    await promise;
  }

  give(): void {
    const next = this.#waiting.shift();
    if (next === undefined) this.#free += 1;
    else next();
  }
}

/**
 * Works on items in the order given, as many at once as there is room for.
 *
 * After a failure nothing new is started; what runs is waited for, so that no work goes on behind
 * the caller's back, and the first error is thrown. One item is asked for ahead of its room.
 */
export async function forEachInFlight<T>(
  items: Iterable<T>,
  slots: Slots,
  work: (item: T) => Promise<void>,
): Promise<void> {
  const running = new Set<Promise<void>>();
  let failure: { readonly error: unknown } | undefined;
  const start = (item: T) => {
    const done: Promise<void> = work(item)
      .catch((error: unknown) => void (failure ??= { error }))
      .finally(() => {
        running.delete(done);
        slots.give();
      });
    running.add(done);
  };
  try {
    for (const item of items) {
      await slots.take();
      if (failure !== undefined) {
        slots.give();
        break;
      }
      start(item);
    }
  } catch (error) {
    failure ??= { error };
  }
  await Promise.all(running);
  if (failure !== undefined) throw failure.error;
}
