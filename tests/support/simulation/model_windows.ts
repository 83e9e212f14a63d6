import type { Combining } from "../counting_topology.ts";

/** Windows as the model computes them; the same for all that a job may become. */
export interface ModelWindows {
  readonly advanceMs: number;
  readonly rollUps: boolean;
  /** True for a job with a processor. */
  readonly processes?: boolean;
  /** True for a job that joins two streams, and nothing else. */
  readonly pairs?: boolean;
  /** How a job joins tables that does nothing else. */
  readonly combines?: Combining | undefined;
  /** True for a total per key: one window, which never closes. */
  readonly unwindowed: boolean;
  /** That of sessions, in place of windows. */
  readonly gapMs?: number | undefined;
  /** True where they slide by the advance. */
  readonly slides?: boolean;
}

/** Length of the windows, ms. */
export const windowMs = 10_000;

/** Starts of the windows that an event falls into, ascending. */
export function startsOf(
  { advanceMs, unwindowed, gapMs, slides }: ModelWindows,
  timeMs: number,
): number[] {
  if (unwindowed) return [0];
  if (gapMs !== undefined) return [timeMs];
  // The one that it ends is the first to close: it is in all of its windows or in none.
  if (slides === true) return [timeMs - timeMs % advanceMs + advanceMs - windowMs];
  const starts: number[] = [];
  for (let start = Math.floor(timeMs / advanceMs) * advanceMs; start > timeMs - windowMs;) {
    starts.unshift(start);
    start -= advanceMs;
  }
  return starts;
}
