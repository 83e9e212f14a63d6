import { type BackoffPolicy, fullJitterMs } from "../../base/backoff.ts";
import type { Clock } from "../../base/clock.ts";
import type { Random } from "../../base/random.ts";
import { faultKind, isPassing } from "../wire/errors.ts";

/** What waiting needs from its surroundings. */
export interface Timing {
  readonly clock: Clock;
  readonly random: Random;
}

/**
 * Waits between tries inside one operation. Short at first: a coordinator that is busy with the
 * markers of the last transaction is free again within milliseconds.
 */
const policy: BackoffPolicy = { baseMs: 10, maxMs: 500 };

/** A point in time after which an operation gives up. */
export class Deadline {
  readonly #timing: Timing;
  readonly #endMs: number;
  readonly #signal: AbortSignal | undefined;
  #repeated = false;

  /** @param signal Ends it early. */
  constructor(timing: Timing, timeoutMs: number, signal?: AbortSignal) {
    this.#timing = timing;
    this.#signal = signal;
    this.#endMs = timing.clock.monotonicMs() + timeoutMs;
  }

  get passed(): boolean {
    return this.#signal?.aborted === true || this.#timing.clock.monotonicMs() >= this.#endMs;
  }

  /** True once a request was repeated that no answer came to: its first copy may still arrive. */
  get repeated(): boolean {
    return this.#repeated;
  }

  /** Waits before try `attempt + 1`. */
  async pause(attempt: number, signal?: AbortSignal): Promise<void> {
    const delayMs = 1 + fullJitterMs(policy, attempt, this.#timing.random);
    await this.#timing.clock.sleep(delayMs, signal);
  }

  /**
   * Waits before another try, if there is to be one.
   *
   * @throws `error`, what the last try failed with, if not.
   */
  async again(
    error: unknown,
    attempt: number,
    isWorthRetrying: (error: unknown) => boolean = isPassing,
  ): Promise<void> {
    if (!isWorthRetrying(error) || this.passed) throw error;
    this.#repeated ||= faultKind(error) === "connection";
    await this.pause(attempt, this.#signal);
  }

  /**
   * Runs `work` until it succeeds, fails permanently, or the deadline has passed.
   *
   * @param isWorthRetrying Defaults to faults that may pass by themselves.
   * @throws The last error of `work`.
   */
  async retry<T>(
    work: () => Promise<T>,
    isWorthRetrying?: (error: unknown) => boolean,
  ): Promise<T> {
    for (let attempt = 0;; attempt++) {
      try {
        return await work();
      } catch (error) {
        await this.again(error, attempt, isWorthRetrying);
      }
    }
  }
}
