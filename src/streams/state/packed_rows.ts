import type { RowBytes } from "./key_row.ts";

/** Size of the arrays that rows lie in, bytes; a larger row is not kept. */
const chunkBytes = 256 * 1024;

/** In front of a row: its length, and the size of its place. */
const headBytes = 8;

/** Places have a multiple of this, bytes: one that is given back serves the next row of its size. */
const stepBytes = 32;

/** How much larger than needed a place may be that serves again. */
const spareSteps = 4;

/**
 * Rows of keys as bytes, in a few large arrays: a fraction of what a key takes as objects, and
 * nothing that the garbage collector has to look through.
 *
 * Owner: the write cache, which knows which row is where.
 */
export class PackedRows {
  readonly #chunks: Chunk[] = [];
  /** Used of the last chunk. */
  #used = chunkBytes;
  /** Places to be used again, by their size in steps. */
  readonly #free: number[][] = [];
  #bytes = 0;

  /** Of places in use. */
  get bytes(): number {
    return this.#bytes;
  }

  /** Of places that wait for a row of their size. */
  get freeBytes(): number {
    return this.#chunks.length * chunkBytes - this.#bytes;
  }

  /**
   * Copies a row into a place.
   *
   * @returns The place, >= 0; `undefined` for a row that is too large.
   */
  put(row: Uint8Array): number | undefined {
    const steps = Math.ceil((headBytes + row.length) / stepBytes);
    if (steps * stepBytes > chunkBytes) return undefined;
    const place = this.#freePlace(steps) ?? this.#newPlace(steps);
    const { bytes, words } = this.#chunkOf(place);
    const at = place % chunkBytes;
    words[at / 4] = row.length;
    bytes.set(row, at + headBytes);
    this.#bytes += stepBytes * (words[at / 4 + 1] as number);
    return place;
  }

  /** The row at a place: as long as that is not given back. */
  at(place: number): RowBytes {
    const { bytes, words } = this.#chunkOf(place);
    const at = place % chunkBytes;
    return { bytes, begin: at + headBytes, end: at + headBytes + (words[at / 4] as number) };
  }

  /** Lets another row have a place. */
  giveBack(place: number): void {
    const steps = this.#chunkOf(place).words[place % chunkBytes / 4 + 1] as number;
    this.#bytes -= stepBytes * steps;
    (this.#free[steps] ??= []).push(place);
  }

  #freePlace(steps: number): number | undefined {
    for (let size = steps; size <= steps + spareSteps; size++) {
      const place = this.#free[size]?.pop();
      if (place !== undefined) return place;
    }
    return undefined;
  }

  #newPlace(steps: number): number {
    const size = steps * stepBytes;
    if (this.#used + size > chunkBytes) {
      this.#chunks.push(newChunk());
      this.#used = 0;
    }
    const place = (this.#chunks.length - 1) * chunkBytes + this.#used;
    this.#chunkOf(place).words[this.#used / 4 + 1] = steps;
    this.#used += size;
    return place;
  }

  #chunkOf(place: number): Chunk {
    return this.#chunks[Math.floor(place / chunkBytes)] as Chunk;
  }
}

/** An array that rows lie in, also as words. */
interface Chunk {
  readonly bytes: Uint8Array;
  readonly words: Uint32Array;
}

function newChunk(): Chunk {
  const buffer = new ArrayBuffer(chunkBytes);
  return { bytes: new Uint8Array(buffer), words: new Uint32Array(buffer) };
}
