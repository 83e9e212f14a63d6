/** A session of events, in the order in which they came; within it by the sessions that it joined. */
export interface NaiveSession<E> {
  readonly events: readonly E[];
  readonly firstMs: number;
  readonly lastMs: number;
  readonly closed: boolean;
}

/** The sessions of one key by looking at all of them for each event. */
export function naiveSessions<E extends { readonly atMs: number }>(
  events: readonly E[],
  { gapMs, graceMs }: { readonly gapMs: number; readonly graceMs: number },
): {
  readonly sessions: readonly NaiveSession<E>[];
  readonly late: number;
  readonly timeMs: number;
} {
  let sessions: NaiveSession<E>[] = [];
  let [late, timeMs] = [0, 0];
  for (const event of events) {
    const { atMs } = event;
    const open = sessions.filter(({ closed }) => !closed);
    const isInside = open.some(({ firstMs, lastMs }) => firstMs <= atMs && atMs <= lastMs);
    if (atMs + gapMs + graceMs <= timeMs && !isInside) {
      late += 1;
      continue;
    }
    const joined = open.filter(({ firstMs, lastMs }) =>
      firstMs - gapMs < atMs && atMs < lastMs + gapMs
    );
    const all = [...joined.flatMap(({ events }) => events), event];
    const times = all.map(({ atMs }) => atMs);
    const [firstMs, lastMs] = [Math.min(...times), Math.max(...times)];
    sessions = sessions.filter((one) => !joined.includes(one));
    sessions.push({ events: all, firstMs, lastMs, closed: false });
    timeMs = Math.max(timeMs, atMs);
    sessions = sessions.map((one) => ({
      ...one,
      closed: one.closed || one.lastMs + gapMs + graceMs <= timeMs,
    })).sort((a, b) => a.firstMs - b.firstMs);
  }
  return { sessions, late, timeMs };
}
