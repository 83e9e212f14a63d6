/** What the caches of an application take together where nothing is said, bytes. */
const bytesMaxDefault = 128 * 1024 * 1024;

/** Bytes of state that wait at most for a commit, as the last one had them; then it is made early. */
export const changedBytesMax: number = 32 * 1024 * 1024;

/** What one cache may take. */
export interface CachePart extends Disposable {
  /** Bytes, >= 0: fewer as others begin to use theirs. */
  readonly bytesMax: number;
}

/**
 * Memory for state that tasks keep at hand beside what has changed: in equal parts for the caches
 * that are in use. Estimated, as no one but the runtime knows the size of an object.
 *
 * Owner: the application, for all of its tasks.
 *
 * @see Kafka Streams `statestore.cache.max.bytes`; differs: a full cache writes nothing, as what is
 *   in it was written with a commit.
 */
export class CacheBudget {
  readonly #bytesMax: number;
  #parts = 0;

  /**
   * One that no cache has a part of yet.
   *
   * @param bytesMax Of all parts together, >= 0; 128 MiB without it.
   */
  constructor(bytesMax: number = bytesMaxDefault) {
    this.#bytesMax = bytesMax;
  }

  /** A part that is in use from when it is asked for its size until it is disposed of. */
  part(): CachePart {
    let inUse = 0;
    const share = () => {
      this.#parts += 1 - inUse;
      inUse = 1;
      return this.#bytesMax / this.#parts;
    };
    return {
      get bytesMax() {
        return share();
      },
      [Symbol.dispose]: () => {
        this.#parts -= inUse;
        inUse = 0;
      },
    };
  }
}
