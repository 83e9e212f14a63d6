import type { Clock } from "./clock.ts";
import { dispositionOf, PipelineError } from "./errors.ts";
import type { Random } from "./random.ts";

/** How long to wait between tries. */
export interface BackoffPolicy {
  /** Upper bound of the first wait, ms. */
  readonly baseMs: number;
  /** Upper bound of every wait, ms. */
  readonly maxMs: number;
}

/**
 * The wait before try `attempt + 1`: uniform in [0, min(maxMs, baseMs * 2^attempt)).
 *
 * @param attempt Tries that failed so far, from 0.
 * @see "Exponential Backoff And Jitter", AWS Architecture Blog: "full jitter".
 */
export function fullJitterMs(policy: BackoffPolicy, attempt: number, random: Random): number {
  const ceilingMs = Math.min(policy.maxMs, policy.baseMs * 2 ** Math.min(attempt, 30));
  return random.next() * ceilingMs;
}

/** What `retrying` needs from its surroundings. */
export interface RetryOptions {
  readonly policy: BackoffPolicy;
  readonly clock: Clock;
  readonly random: Random;
  readonly signal: AbortSignal;
  /** Told before every wait: the error, how many tries failed, and the wait in ms. */
  readonly onRetry?: (error: unknown, attempt: number, delayMs: number) => void;
}

/**
 * Runs `work` until it succeeds, fails with an error that is not to be retried, or is aborted.
 *
 * @throws Whatever `work` threw with a disposition other than `retry`; `ABORTED` from the wait.
 */
export async function retrying<T>(work: () => Promise<T>, options: RetryOptions): Promise<T> {
  for (let attempt = 0;; attempt++) {
    try {
      return await work();
    } catch (error) {
      if (dispositionOf(error) !== "retry") throw error;
      const delayMs = fullJitterMs(options.policy, attempt, options.random);
      options.onRetry?.(error, attempt + 1, delayMs);
      await options.clock.sleep(delayMs, options.signal);
    }
  }
}

/**
 * The work's outcome, or `ABORTED` as soon as the signal fires: what is under way then is not waited
 * for.
 *
 * @param what It is, as in "Cannot wait for the log".
 */
export async function unlessAborted<T>(
  work: Promise<T>,
  signal: AbortSignal,
  what: string,
): Promise<T> {
  const { promise, reject } = Promise.withResolvers<never>();
  const abort = () =>
    reject(new PipelineError("ABORTED", `Cannot wait for ${what} as the program is shutting down`));
  if (signal.aborted) abort();
  signal.addEventListener("abort", abort, { once: true });
  try {
    return await Promise.race([work, promise]);
  } finally {
    signal.removeEventListener("abort", abort);
  }
}
