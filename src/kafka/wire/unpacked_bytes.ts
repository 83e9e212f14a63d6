import { UnreadableError } from "./unreadable.ts";

/**
 * What the records of one batch may unpack to. Producers fill batches up to `batch.size`, 16 kB by
 * default, and topics take 1 MB packed by default; a batch of 1 MB can claim to be gigabytes.
 */
export const unpackedBytesMax: number = 32 * 1024 * 1024;

/** Bytes as they are unpacked: grows with what is there, never with what is claimed. */
export class UnpackedBytes {
  #bytes = new Uint8Array(4096);
  #length = 0;

  get length(): number {
    return this.#length;
  }

  /** @throws {UnreadableError} Beyond `unpackedBytesMax`. */
  append(bytes: Uint8Array): void {
    this.#reserve(bytes.length);
    this.#bytes.set(bytes, this.#length);
    this.#length += bytes.length;
  }

  /**
   * Appends `length` bytes that stand `distance` before the end; may reach into what it appends.
   *
   * @throws {UnreadableError} Beyond `unpackedBytesMax`, or before the beginning.
   */
  repeat(distance: number, length: number): void {
    if (distance <= 0 || distance > this.#length) throw new UnreadableError("copy from nowhere");
    this.#reserve(length);
    const bytes = this.#bytes;
    let [from, to] = [this.#length - distance, this.#length];
    this.#length += length;
    if (distance >= length) bytes.copyWithin(to, from, from + length);
    else while (to < this.#length) bytes[to++] = bytes[from++] as number;
  }

  /** What was unpacked so far; a view. */
  finish(): Uint8Array {
    return this.#bytes.subarray(0, this.#length);
  }

  #reserve(count: number): void {
    const needed = this.#length + count;
    if (needed > unpackedBytesMax) {
      throw new UnreadableError(`records unpack to more than ${unpackedBytesMax} bytes`);
    }
    if (needed <= this.#bytes.length) return;
    const grown = new Uint8Array(Math.min(unpackedBytesMax, Math.max(needed, needed * 2)));
    grown.set(this.finish());
    this.#bytes = grown;
  }
}
