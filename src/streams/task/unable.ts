import type { Clock } from "../../base/clock.ts";

/** How long a partition stays with others after the disk failed here, ms. */
const unableMs = 5 * 60_000;

/**
 * Partitions that this instance cannot serve for now, as its own disk failed: full, read-only or
 * gone. The group gives them to another instance. After a while each is tried again, as the disk
 * may be repaired.
 *
 * Only failures of this machine belong here: what fails with the partition would fail elsewhere,
 * too, and go from one instance to the next.
 *
 * Owner: the task manager.
 */
export class UnablePartitions implements Disposable {
  readonly #clock: Clock;
  readonly #onExpired: () => void;
  readonly #timers = new Map<number, AbortController>();

  /** @param onExpired Called when a partition can be tried again; must not throw. */
  constructor(clock: Clock, onExpired: () => void) {
    this.#clock = clock;
    this.#onExpired = onExpired;
  }

  /** In no order. */
  get partitions(): readonly number[] {
    return [...this.#timers.keys()];
  }

  has(partition: number): boolean {
    return this.#timers.has(partition);
  }

  add(partition: number): void {
    if (this.#timers.has(partition)) return;
    const timer = new AbortController();
    this.#timers.set(partition, timer);
    this.#clock.sleep(unableMs, timer.signal).then(() => {
      this.#timers.delete(partition);
      this.#onExpired();
    }, () => {});
  }

  [Symbol.dispose](): void {
    for (const timer of this.#timers.values()) timer.abort();
  }
}
