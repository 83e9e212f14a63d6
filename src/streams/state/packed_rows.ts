/** Size of the arrays that rows lie in, bytes; a larger row is not kept. */
const chunkBytes = 256 * 1024;

/** Of the number in front of a row that says how long it is. */
const lengthBytes = 4;

/** What a row takes beside its own bytes: its key's text and its place in a map, estimated. */
const placeBytes = 100;

/**
 * Rows of keys as bytes, one behind the other: a fifth of what a key takes decoded, and nothing that
 * the garbage collector has to look through.
 *
 * What is taken out leaves a gap. When the newer half is full the older one goes as a whole, with
 * its gaps and the rows in it.
 *
 * Owner: the write cache.
 */
export class PackedRows {
  #young = new Generation();
  #old = new Generation();

  has(key: string): boolean {
    return this.#young.has(key) || this.#old.has(key);
  }

  /** Takes a row out: who asks for it may change it. A view, not a copy. */
  take(key: string): Uint8Array | undefined {
    return this.#young.take(key) ?? this.#old.take(key);
  }

  /** Takes a row in; its key has none. */
  put(key: string, row: Uint8Array): void {
    this.#young.put(key, row);
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
  /** Of a row, by key: in bytes from the beginning of the first chunk. */
  readonly #places = new Map<string, number>();
  readonly #chunks: DataView[] = [];
  /** Used of the last chunk. */
  #used = chunkBytes;
  /** Used in all, gaps included. */
  bytes = 0;

  has(key: string): boolean {
    return this.#places.has(key);
  }

  take(key: string): Uint8Array | undefined {
    const place = this.#places.get(key);
    if (place === undefined) return undefined;
    this.#places.delete(key);
    const at = place % chunkBytes;
    const chunk = this.#chunks[(place - at) / chunkBytes] as DataView;
    return new Uint8Array(chunk.buffer, at + lengthBytes, chunk.getUint32(at));
  }

  put(key: string, row: Uint8Array): void {
    const size = lengthBytes + row.length;
    if (size > chunkBytes) return;
    if (this.#used + size > chunkBytes) {
      this.#chunks.push(new DataView(new ArrayBuffer(chunkBytes)));
      this.#used = 0;
    }
    const chunk = this.#chunks.at(-1) as DataView;
    chunk.setUint32(this.#used, row.length);
    new Uint8Array(chunk.buffer, this.#used + lengthBytes).set(row);
    this.#places.set(key, (this.#chunks.length - 1) * chunkBytes + this.#used);
    this.#used += size;
    this.bytes += size + placeBytes;
  }
}
