/**
 * Bytes of keys in memory that caches have together, estimated: each an equal part.
 *
 * Owner: the caches, each of which counts from its beginning to its end.
 */
export class CacheMemory {
  readonly #bytesMax: number;
  #caches = 0;

  constructor(bytesMax: number) {
    this.#bytesMax = bytesMax;
  }

  /** What one of the caches may take. */
  get partMax(): number {
    return this.#bytesMax / this.#caches;
  }

  /** Counts one more cache. */
  enter(): void {
    this.#caches += 1;
  }

  /** Counts one less. */
  leave(): void {
    this.#caches -= 1;
  }
}

/** What all tasks of this process have without another one. */
export const memoryOfProcess: CacheMemory = new CacheMemory(128 * 1024 * 1024);
