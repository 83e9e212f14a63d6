import { Due } from "../topology/key_values.ts";

/**
 * Calls that are scheduled, earliest first; of equal times by processor, then key.
 *
 * A binary heap. It may hold what is scheduled no more: what stands in the store counts.
 */
export class Timers {
  readonly #heap: Due[] = [];

  /** The earliest; `undefined` where there is none. */
  get first(): Due | undefined {
    return this.#heap[0];
  }

  add(due: Due): void {
    const heap = this.#heap;
    let at = heap.length;
    while (at > 0) {
      const above = (at - 1) >> 1;
      const parent = heap[above] as Due;
      if (!isBefore(due, parent)) break;
      heap[at] = parent;
      at = above;
    }
    heap[at] = due;
  }

  /** Takes the earliest out. */
  removeFirst(): void {
    const heap = this.#heap;
    const last = heap.pop();
    if (last === undefined || heap.length === 0) return;
    let at = 0;
    for (;;) {
      let below = 2 * at + 1;
      const [left, right] = [heap[below], heap[below + 1]];
      if (left === undefined) break;
      if (right !== undefined && isBefore(right, left)) below += 1;
      const least = heap[below] as Due;
      if (!isBefore(least, last)) break;
      heap[at] = least;
      at = below;
    }
    heap[at] = last;
  }
}

function isBefore(a: Due, b: Due): boolean {
  if (a.timeMs !== b.timeMs) return a.timeMs < b.timeMs;
  return a.processor < b.processor || (a.processor === b.processor && a.key < b.key);
}
