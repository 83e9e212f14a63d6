import type { Clock } from "../base/clock.ts";

/** A second signal that fires some time after the first, unless the work is done before. */
export interface DrainDeadline extends Disposable {
  readonly signal: AbortSignal;
}

/**
 * Gives work that is under way some time to end after a shutdown was asked for.
 *
 * @param stop The shutdown.
 * @param drainMs How much later the deadline fires.
 */
export function drainDeadline(stop: AbortSignal, drainMs: number, clock: Clock): DrainDeadline {
  const deadline = new AbortController();
  const done = new AbortController();
  const start = () => {
    clock.sleep(drainMs, done.signal).then(() => deadline.abort(), () => {});
  };
  if (stop.aborted) start();
  else stop.addEventListener("abort", start, { once: true, signal: done.signal });
  return { signal: deadline.signal, [Symbol.dispose]: () => done.abort() };
}
