import type { Clock } from "../base/clock.ts";
import { isAborted } from "../base/errors.ts";

/** How far a pacer may fall behind, ms, before it gives up catching up. */
const lagMsMax = 1_000;

/**
 * Lets moments of a recorded or simulated timeline happen as far apart as they are.
 *
 * A moment before an earlier one happens at once. A reader that stood still for longer than a
 * second is not flooded afterwards: the timeline continues from where it is.
 */
export class Pacer {
  readonly #clock: Clock;
  #startMs: number | undefined;
  #latestMs = -Infinity;

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  /**
   * Waits for a moment of the timeline.
   *
   * @param momentMs Milliseconds on the timeline, from any zero; the first one sets the start.
   * @returns False if the signal fired instead.
   */
  async reach(momentMs: number, signal: AbortSignal): Promise<boolean> {
    const nowMs = this.#clock.monotonicMs();
    this.#latestMs = Math.max(this.#latestMs, momentMs);
    this.#startMs ??= nowMs - this.#latestMs;
    const waitMs = this.#startMs + this.#latestMs - nowMs;
    if (waitMs < -lagMsMax) this.#startMs = nowMs - this.#latestMs;
    return waitMs > 0 ? await sleepUnlessAborted(this.#clock, waitMs, signal) : !signal.aborted;
  }
}

/** Waits; false if the signal fired first. */
export async function sleepUnlessAborted(
  clock: Clock,
  ms: number,
  signal: AbortSignal,
): Promise<boolean> {
  try {
    await clock.sleep(ms, signal);
    return true;
  } catch (error) {
    if (isAborted(error)) return false;
    throw error;
  }
}
