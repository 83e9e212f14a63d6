/** Size of the arrays that rows lie in, bytes; a larger row is not kept. */
const chunkBytes = 256 * 1024;

/** In front of a row: its length, and how long another one may be that takes its place. */
const headBytes = 8;

/** What a row may grow by in its place, bytes at most: most rows change by a few. */
const growthBytes = 64;

/** What a row takes beside its own bytes: its key's text and its place in a map, estimated. */
const placeBytes = 100;

/**
 * Rows of keys as bytes, one behind the other: a fifth of what a key takes decoded, and nothing that
 * the garbage collector has to look through.
 *
 * A row that was taken out leaves its place to the next one of its key. When the newer half is full
 * the older one goes as a whole, with its gaps and the rows in it.
 *
 * Owner: the write cache.
 */
export class PackedRows {
  #young = new Generation();
  #old = new Generation();

  has(key: string): boolean {
    return this.#young.has(key) || this.#old.has(key);
  }

  /**
   * Takes a row out: who asks for it may change it. A view, not a copy, until the key's next row is
   * put in.
   */
  take(key: string): Uint8Array | undefined {
    return this.#young.take(key) ?? this.#old.take(key);
  }

  /**
   * Takes a row in; its key has none.
   *
   * @returns False for one that is too large.
   */
  put(key: string, row: Uint8Array): boolean {
    return this.#young.put(key, row);
  }

  /** Lets rows go that are not in use, where there are more bytes than that. */
  trim(bytesMax: number): void {
    if (this.#young.bytes < bytesMax / 2) return;
    this.#old = this.#young;
    this.#young = new Generation();
  }
}

/** Rows that go at the same time. */
class Generation {
  /** Of a row, by key: in bytes from the beginning of the first chunk; below zero without its row. */
  readonly #places = new Map<string, number>();
  readonly #chunks: DataView[] = [];
  /** Used of the last chunk. */
  #used = chunkBytes;
  /** Used in all, gaps included. */
  bytes = 0;

  has(key: string): boolean {
    return (this.#places.get(key) ?? -1) >= 0;
  }

  take(key: string): Uint8Array | undefined {
    const place = this.#places.get(key) ?? -1;
    if (place < 0) return undefined;
    this.#places.set(key, ~place);
    const chunk = this.#chunkAt(place);
    const at = place % chunkBytes;
    return new Uint8Array(chunk.buffer, at + headBytes, chunk.getUint32(at));
  }

  put(key: string, row: Uint8Array): boolean {
    if (headBytes + row.length > chunkBytes) return false;
    const taken = this.#places.get(key);
    const isRoom = taken !== undefined &&
      this.#chunkAt(~taken).getUint32(~taken % chunkBytes + 4) >= row.length;
    const place = isRoom ? ~taken : this.#newPlace(row.length);
    const chunk = this.#chunkAt(place);
    const at = place % chunkBytes;
    chunk.setUint32(at, row.length);
    new Uint8Array(chunk.buffer).set(row, at + headBytes);
    this.#places.set(key, place);
    return true;
  }

  #newPlace(length: number): number {
    if (this.#used + headBytes + length > chunkBytes) {
      this.#chunks.push(new DataView(new ArrayBuffer(chunkBytes)));
      this.#used = 0;
    }
    const at = this.#used;
    const size = Math.min(headBytes + length + growthBytes, chunkBytes - at);
    this.#chunks.at(-1)?.setUint32(at + 4, size - headBytes);
    this.#used += size;
    this.bytes += size + placeBytes;
    return (this.#chunks.length - 1) * chunkBytes + at;
  }

  #chunkAt(place: number): DataView {
    return this.#chunks[Math.floor(place / chunkBytes)] as DataView;
  }
}
