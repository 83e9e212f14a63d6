/** When frames were due. */
export interface Schedule {
  readonly frames: number;
  /** By the clock of `performance.now`, ms; NaN before the first one is due. */
  dueMs(frame: number): number;
}

/** From the moment that each frame was due to the one at which something showed it. */
export class Latencies {
  readonly #schedule: Schedule;
  readonly #latenciesMs: Float64Array;
  #next = 0;

  constructor(schedule: Schedule) {
    this.#schedule = schedule;
    this.#latenciesMs = new Float64Array(schedule.frames);
  }

  /** True when every frame has been seen. */
  get complete(): boolean {
    return this.#next >= this.#latenciesMs.length;
  }

  /** This frame and all before it are there. */
  seen(newest: number): void {
    const nowMs = performance.now();
    for (; this.#next <= newest; this.#next++) {
      this.#latenciesMs[this.#next] = nowMs - this.#schedule.dueMs(this.#next);
    }
  }

  /** Those from a frame on, ms. */
  since(frame: number): Float64Array {
    return this.#latenciesMs.subarray(frame);
  }
}

/** The latency that this share of sorted ones does not exceed, ms. */
export function quantile(sorted: Float64Array, share: number): number {
  return sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * share))] ?? NaN;
}

const barMax = 50;

/** Sorted latencies by powers of the square root of two, one a line. */
export function histogram(sortedMs: Float64Array): string {
  const counts = new Map<number, number>();
  for (const ms of sortedMs) {
    const step = Math.ceil(2 * Math.log2(Math.max(1, ms)));
    counts.set(step, (counts.get(step) ?? 0) + 1);
  }
  const most = Math.max(...counts.values());
  return [...counts].map(([step, count]) => {
    const bar = "#".repeat(Math.ceil(barMax * count / most));
    return `${(2 ** (step / 2)).toFixed(1).padStart(9)} ms ${String(count).padStart(7)} ${bar}`;
  }).join("\n");
}
