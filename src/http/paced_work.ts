import type { Clock } from "../base/clock.ts";

/** Steps between two looks at the clock. */
const stepsMax = 64;

/** How long work keeps the event loop, ms. */
const workMsMax = 8;

/** A pause for everything else, ms: Deno looks at its sockets when it has nothing to do. */
const pauseMs = 2;

/** Items that are sorted at once: a fraction of a millisecond. */
const runMax = 1_000;

/**
 * Long work in steps of some microseconds, which leaves the event loop to others every few
 * milliseconds: `if (work.isOver) await work.pause()` behind each.
 *
 * Owner: whoever does the work.
 */
export class PacedWork {
  readonly #clock: Clock;
  #begunMs: number;
  #stepsLeft = stepsMax;

  constructor(clock: Clock) {
    this.#clock = clock;
    this.#begunMs = clock.monotonicMs();
  }

  /** Counts a step, and says whether a pause is due. */
  get isOver(): boolean {
    if (--this.#stepsLeft > 0) return false;
    this.#stepsLeft = stepsMax;
    return this.isLong;
  }

  /** Whether a pause is due after a step that may take milliseconds by itself. */
  get isLong(): boolean {
    return this.#clock.monotonicMs() - this.#begunMs >= workMsMax;
  }

  /** Leaves the event loop to others. */
  async pause(): Promise<void> {
    await this.#clock.sleep(pauseMs);
    this.#begunMs = this.#clock.monotonicMs();
  }

  /** Sorts, as `toSorted` does. */
  async sorted<T>(items: readonly T[], compare: (a: T, b: T) => number): Promise<T[]> {
    let runs: T[][] = [];
    for (let at = 0; at < items.length; at += runMax) {
      runs.push(items.slice(at, at + runMax).sort(compare));
      if (this.isLong) await this.pause();
    }
    while (runs.length > 1) {
      const longer: T[][] = [];
      for (let at = 0; at < runs.length; at += 2) {
        longer.push(await this.#merged(runs[at] ?? [], runs[at + 1] ?? [], compare));
      }
      runs = longer;
    }
    return runs[0] ?? [];
  }

  async #merged<T>(
    one: readonly T[],
    other: readonly T[],
    compare: (a: T, b: T) => number,
  ): Promise<T[]> {
    const both: T[] = [];
    let [i, j] = [0, 0];
    while (i < one.length || j < other.length) {
      const isOne = j === other.length ||
        i < one.length && compare(one[i] as T, other[j] as T) <= 0;
      both.push(isOne ? one[i++] as T : other[j++] as T);
      if (this.isOver) await this.pause();
    }
    return both;
  }
}
