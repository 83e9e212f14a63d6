import { assert } from "./assert.ts";
import { PipelineError } from "./errors.ts";

/**
 * A first-in first-out queue with a named maximum, between one writer and one reader.
 *
 * Weights are the caller's unit (items, bytes). One item may overshoot the maximum, so that an
 * item larger than the whole queue still passes.
 */
export class BoundedQueue<T> {
  readonly #maxWeight: number;
  readonly #items: { readonly item: T; readonly weight: number }[] = [];
  #weight = 0;
  #closed = false;
  #readable = Promise.withResolvers<void>();
  #writable = Promise.withResolvers<void>();

  constructor(maxWeight: number) {
    assert(maxWeight > 0, `queue maximum must be positive: ${maxWeight}`);
    this.#maxWeight = maxWeight;
  }

  get size(): number {
    return this.#items.length;
  }

  get weight(): number {
    return this.#weight;
  }

  /** True when the next `put` would wait. */
  get full(): boolean {
    return this.#weight >= this.#maxWeight;
  }

  /** Adds an item at once, over the maximum if need be: for writers that cannot wait. */
  push(item: T, weight = 1): void {
    assert(!this.#closed, "cannot push to a closed queue");
    this.#items.push({ item, weight });
    this.#weight += weight;
    this.#readable.resolve();
  }

  /**
   * Adds an item as soon as there is room.
   *
   * @throws {PipelineError} `ABORTED` when the queue is closed while waiting.
   */
  async put(item: T, weight = 1): Promise<void> {
    while (this.full && !this.#closed) {
      this.#writable = Promise.withResolvers();
      await this.#writable.promise;
    }
    if (this.#closed) throw new PipelineError("ABORTED", "Cannot add as the queue is closed");
    this.push(item, weight);
  }

  /** Takes what is there, at most `maxItems`, waiting for the first; empty only once closed. */
  async take(maxItems: number): Promise<T[]> {
    while (this.#items.length === 0 && !this.#closed) {
      this.#readable = Promise.withResolvers();
      await this.#readable.promise;
    }
    const taken = this.#items.splice(0, maxItems);
    for (const { weight } of taken) this.#weight -= weight;
    if (!this.full) this.#writable.resolve();
    return taken.map(({ item }) => item);
  }

  /** Takes no more items; what is queued can still be taken. */
  close(): void {
    this.#closed = true;
    this.#readable.resolve();
    this.#writable.resolve();
  }
}
