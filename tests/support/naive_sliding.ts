/** A sliding window of events, in the order in which they came. */
export interface NaiveWindow<E> {
  readonly startMs: number;
  readonly events: readonly E[];
  readonly closed: boolean;
}

/** Lengths of sliding windows, ms. */
export interface NaiveLengths {
  readonly differenceMs: number;
  readonly advanceMs: number;
  readonly graceMs: number;
}

/** The sliding windows of one key, by their definition, of all events that were in time. */
export function naiveSliding<E extends { readonly atMs: number }>(
  events: readonly E[],
  { differenceMs, advanceMs, graceMs }: NaiveLengths,
): {
  readonly windows: readonly NaiveWindow<E>[];
  readonly late: readonly E[];
  readonly timeMs: number;
} {
  const sizeMs = differenceMs + advanceMs;
  const placeOf = (atMs: number) => atMs - atMs % advanceMs;
  const startOf = (atMs: number) => Math.max(0, placeOf(atMs) - differenceMs);
  const [inTime, late]: [E[], E[]] = [[], []];
  let timeMs = 0;
  for (const event of events) {
    const isLate = startOf(event.atMs) + sizeMs + graceMs <= timeMs;
    (isLate ? late : inTime).push(event);
    if (!isLate) timeMs = Math.max(timeMs, event.atMs);
  }
  const within = (startMs: number) =>
    inTime.filter(({ atMs }) => startMs <= atMs && atMs < startMs + sizeMs);
  const starts = inTime.flatMap(({ atMs }) => [startOf(atMs), placeOf(atMs) + advanceMs]);
  const windows = [...new Set(starts)].sort((a, b) => a - b)
    .map((startMs) => ({
      startMs,
      events: within(startMs),
      closed: startMs + sizeMs + graceMs <= timeMs,
    }))
    .filter(({ events }) => events.length > 0);
  return { windows, late, timeMs };
}
