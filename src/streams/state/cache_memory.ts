/** What all tasks of a process have where nothing else is said, bytes. */
const processBytesMax = 128 * 1024 * 1024;

/**
 * Bytes of keys in memory that caches have together, estimated: each an equal part.
 *
 * Owner: the caches, each of which counts from its beginning to its end.
 */
export class CacheMemory {
  readonly #bytesMax: number;
  #caches = 0;

  /** Of the caches that are given it. */
  constructor(bytesMax: number) {
    this.#bytesMax = bytesMax;
  }

  /**
   * What one of the caches may take.
   *
   * @internal
   */
  get partMax(): number {
    return this.#bytesMax / this.#caches;
  }

  /**
   * Counts one more cache.
   *
   * @internal
   */
  enter(): void {
    this.#caches += 1;
  }

  /**
   * Counts one less.
   *
   * @internal
   */
  leave(): void {
    this.#caches -= 1;
  }
}

/** That of all tasks of this process which are given no other. */
export const memoryOfProcess: CacheMemory = new CacheMemory(processBytesMax);
