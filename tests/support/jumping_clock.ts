import type { Clock } from "../../src/base/clock.ts";
import { PipelineError } from "../../src/base/errors.ts";

/** A clock that jumps to the end of every sleep: for code that waits in one place at a time. */
export class JumpingClock implements Clock {
  #nowMs: number;

  constructor(startMs = 1_700_000_000_000) {
    this.#nowMs = startMs;
  }

  nowMs(): number {
    return this.#nowMs;
  }

  monotonicMs(): number {
    return this.#nowMs;
  }

  async sleep(ms: number, signal?: AbortSignal): Promise<void> {
    await Promise.resolve();
    if (signal?.aborted) {
      throw new PipelineError("ABORTED", "Cannot wait as the test aborted it");
    }
    this.#nowMs += Math.max(0, ms);
  }

  /** Time that passes while nobody sleeps. */
  pass(ms: number): void {
    this.#nowMs += ms;
  }
}
