import { windowMs } from "./model_windows.ts";

/** An event of a key that was in time, and what it counts for. */
interface SlidingEvent {
  readonly timeMs: number;
  readonly count: number;
  readonly sum: number;
}

type Total = Pick<SlidingEvent, "count" | "sum">;

/** The sliding windows of keys: by their definition, from all of a key's events. */
export class SlidingFold {
  readonly #advanceMs: number;
  readonly #events = new Map<string, readonly SlidingEvent[]>();

  constructor(advanceMs: number) {
    this.#advanceMs = advanceMs;
  }

  /**
   * @param had Starts of the key's open windows before.
   * @returns The windows that the event is in, or has made, with what they hold now.
   */
  add(key: string, event: SlidingEvent, had: ReadonlySet<number>): Map<number, Total> {
    const events = [...this.#events.get(key) ?? [], event];
    this.#events.set(key, events);
    const placeMs = event.timeMs - event.timeMs % this.#advanceMs;
    const starts = events.flatMap(({ timeMs }) => this.#startsOf(timeMs));
    const holding = starts.filter((start) => start <= placeMs && placeMs < start + windowMs);
    const behind = placeMs + this.#advanceMs;
    const changed = new Map<number, Total>();
    for (const start of [...holding, ...had.has(behind) ? [] : [behind]]) {
      const inside = events.filter(({ timeMs }) => start <= timeMs && timeMs < start + windowMs);
      const sumOf = (of: (event: SlidingEvent) => number) =>
        inside.reduce((sum, one) => sum + of(one), 0);
      const total = { count: sumOf(({ count }) => count), sum: sumOf(({ sum }) => sum) };
      if (inside.length > 0) changed.set(start, total);
    }
    return changed;
  }

  /** That of the window that an event ends, and of the one behind it. */
  #startsOf(timeMs: number): [number, number] {
    const behindMs = timeMs - timeMs % this.#advanceMs + this.#advanceMs;
    return [Math.max(0, behindMs - windowMs), behindMs];
  }

  forget(key: string): void {
    this.#events.delete(key);
  }
}
