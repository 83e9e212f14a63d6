import { PipelineError } from "./errors.ts";

/** The only way to learn the time or to wait; injected everywhere. */
export interface Clock {
  /** Wall clock, Unix epoch milliseconds. */
  nowMs(): number;
  /** Milliseconds since an unnamed start; never goes back. */
  monotonicMs(): number;
  /**
   * Waits.
   *
   * @throws {PipelineError} `ABORTED` as soon as the signal fires.
   */
  sleep(ms: number, signal?: AbortSignal): Promise<void>;
}

/** The machine's own clock. */
export const systemClock: Clock = {
  nowMs: () => Date.now(),
  monotonicMs: () => performance.now(),
  sleep(ms, signal) {
    const { promise, resolve, reject } = Promise.withResolvers<void>();
    const abort = () => {
      clearTimeout(timer);
      reject(new PipelineError("ABORTED", "Cannot wait as the program is shutting down"));
    };
    const timer = setTimeout(() => {
      signal?.removeEventListener("abort", abort);
      resolve();
    }, Math.max(0, ms));
    if (signal?.aborted) abort();
    else signal?.addEventListener("abort", abort, { once: true });
    return promise;
  },
};
