import type { Clock } from "../../src/base/clock.ts";
import { PipelineError } from "../../src/base/errors.ts";

/** Turns of the microtask queue after which everything that can happen has happened. */
const settleTurns = 100;

interface Sleeper {
  readonly dueMs: number;
  readonly wake: () => void;
}

/** A clock that stands still until a test moves it. */
export class ManualClock implements Clock {
  readonly #sleepers = new Set<Sleeper>();
  readonly #startMs: number;
  #nowMs: number;

  constructor(startMs = 1_700_000_000_000) {
    this.#startMs = startMs;
    this.#nowMs = startMs;
  }

  nowMs(): number {
    return this.#nowMs;
  }

  monotonicMs(): number {
    return this.#nowMs - this.#startMs;
  }

  sleep(ms: number, signal?: AbortSignal): Promise<void> {
    const { promise, resolve, reject } = Promise.withResolvers<void>();
    const sleeper = { dueMs: this.#nowMs + Math.max(0, ms), wake: resolve };
    const abort = () => {
      this.#sleepers.delete(sleeper);
      reject(new PipelineError("ABORTED", "Cannot wait as the test aborted it"));
    };
    if (signal?.aborted) abort();
    else {
      this.#sleepers.add(sleeper);
      signal?.addEventListener("abort", abort, { once: true });
    }
    return promise;
  }

  /** When the next sleeper wakes up, ms from now; infinite without one. */
  get nextWakeMs(): number {
    return Math.min(...[...this.#sleepers].map(({ dueMs }) => dueMs)) - this.#nowMs;
  }

  /** Moves the time on, waking sleepers in order and letting each go on before the next. */
  async advance(ms: number): Promise<void> {
    const endMs = this.#nowMs + ms;
    await settle();
    for (;;) {
      const next = [...this.#sleepers].sort((a, b) => a.dueMs - b.dueMs)[0];
      if (!next || next.dueMs > endMs) break;
      this.#nowMs = Math.max(this.#nowMs, next.dueMs);
      this.#sleepers.delete(next);
      next.wake();
      await settle();
    }
    this.#nowMs = endMs;
  }
}

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

/** Lets everything happen that needs no time. */
export async function settle(): Promise<void> {
  for (let turn = 0; turn < settleTurns; turn++) await Promise.resolve();
}
