import type { CachedKey } from "./cached_key.ts";

/**
 * Bytes of the keys that all tasks of this process have in memory beside those that have changed,
 * estimated. Each task has an equal part.
 */
const cacheBytesMax = 128 * 1024 * 1024;

/** What of it is for keys as objects. Where there are more of them, all become bytes: `PackedRows`. */
const decodedPart = 1 / 4;

/** What a key takes, each of its windows, and one that is decoded with a middling aggregate. */
const keyBytes = 500;
export const windowBytes = 120;
export const decodedBytes = 350;

/** What a key takes as an object with a window, estimated: what is known of one that is none. */
export const objectBytes: number = keyBytes + windowBytes + decodedBytes;

/** What a key takes as bytes beside its row: its text, its entry in a map and what that says. */
export const entryBytes = 150;

/** Free places are no reason to begin again where they take no more than this beside the rows. */
export const freeBytesMin: number = 1024 * 1024;

/** What a key takes as an object, without the states of its windows, estimated. */
export function bytesOfKey<A>({ key, windows, closedParts }: CachedKey<A>): number {
  return keyBytes + 2 * key.length + windowBytes * (windows.length + closedParts.length);
}

/** What of the bound a cache has: an equal part of it, like every other one of this process. */
export class CacheBudget implements Disposable {
  static #open = 0;
  readonly #bytesMax: number;

  /** @param bytesMax Bound of all caches of this process. */
  constructor(bytesMax: number = cacheBytesMax) {
    CacheBudget.#open += 1;
    this.#bytesMax = bytesMax;
  }

  /** For keys as objects. */
  get decodedMax(): number {
    return this.#bytesMax / CacheBudget.#open * decodedPart;
  }

  /** For rows. */
  get packedMax(): number {
    return this.#bytesMax / CacheBudget.#open * (1 - decodedPart);
  }

  [Symbol.dispose](): void {
    CacheBudget.#open -= 1;
  }
}
