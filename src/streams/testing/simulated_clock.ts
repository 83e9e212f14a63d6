import type { Clock } from "../../base/clock.ts";
import { PipelineError } from "../../base/errors.ts";

/** Turns of the microtask queue that what was woken gets before anything else happens. */
const settleTurns = 100;

interface Sleeper {
  readonly dueMs: number;
  readonly wake: () => void;
}

/** A clock that stands still until it is moved: hours pass in microseconds, always the same way. */
export class SimulatedClock implements Clock {
  readonly #sleepers = new Set<Sleeper>();
  readonly #startMs: number;
  #nowMs: number;

  /**
   * A clock that shows this time.
   *
   * @param startMs Wall clock at the start, epoch ms.
   */
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
    const abort = () => {
      this.#sleepers.delete(sleeper);
      reject(new PipelineError("ABORTED", "Cannot wait as the sleeper was stopped"));
    };
    const wake = () => {
      signal?.removeEventListener("abort", abort);
      resolve();
    };
    const sleeper = { dueMs: this.#nowMs + Math.max(0, ms), wake };
    if (signal?.aborted) abort();
    else {
      this.#sleepers.add(sleeper);
      signal?.addEventListener("abort", abort, { once: true });
    }
    return promise;
  }

  /** When the next sleeper wakes up, ms from now; infinite without one. */
  get nextWakeMs(): number {
    return (this.#next()?.dueMs ?? Infinity) - this.#nowMs;
  }

  /**
   * Moves to the next moment at which a timer is due, and runs it.
   *
   * @returns False when no timer is set.
   */
  async step(): Promise<boolean> {
    const next = this.#next();
    if (next === undefined) return false;
    await this.#wake(next);
    return true;
  }

  /** Moves the time on, waking sleepers in order and letting each run before the next. */
  async advance(ms: number): Promise<void> {
    const endMs = this.#nowMs + ms;
    await settle();
    for (let next = this.#next(); next && next.dueMs <= endMs; next = this.#next()) {
      await this.#wake(next);
    }
    this.#nowMs = endMs;
  }

  /** The first to wake up; of several the one who lay down first. */
  #next(): Sleeper | undefined {
    let first: Sleeper | undefined;
    for (const sleeper of this.#sleepers) {
      if (first === undefined || sleeper.dueMs < first.dueMs) first = sleeper;
    }
    return first;
  }

  async #wake(sleeper: Sleeper): Promise<void> {
    this.#nowMs = Math.max(this.#nowMs, sleeper.dueMs);
    this.#sleepers.delete(sleeper);
    sleeper.wake();
    await settle();
  }
}

/** Lets everything happen that needs no time. */
export async function settle(): Promise<void> {
  for (let turn = 0; turn < settleTurns; turn++) await Promise.resolve();
}
