import type { Buffer } from "node:buffer";

const twoTo32 = 2 ** 32;

/** Reads the primitive types of Kafka's protocol, big-endian. */
export class WireReader {
  readonly #buffer: Buffer;
  #at = 0;

  constructor(buffer: Buffer) {
    this.#buffer = buffer;
  }

  int8(): number {
    return this.#buffer.readInt8(this.#advance(1));
  }

  int16(): number {
    return this.#buffer.readInt16BE(this.#advance(2));
  }

  int32(): number {
    return this.#buffer.readInt32BE(this.#advance(4));
  }

  /** A 64-bit integer as a number; exact up to 2^53, far above any offset. */
  int64(): number {
    const at = this.#advance(8);
    return this.#buffer.readInt32BE(at) * twoTo32 + this.#buffer.readUInt32BE(at + 4);
  }

  boolean(): boolean {
    return this.int8() !== 0;
  }

  string(): string | null {
    const length = this.int16();
    return length < 0 ? null : this.raw(length).toString("utf8");
  }

  compactString(): string | null {
    const length = this.uvarint() - 1;
    return length < 0 ? null : this.raw(length).toString("utf8");
  }

  /** BYTES with a 32-bit length; a null value reads as empty. */
  bytes(): Buffer {
    return this.raw(Math.max(0, this.int32()));
  }

  raw(length: number): Buffer {
    const at = this.#advance(length);
    return this.#buffer.subarray(at, at + length);
  }

  uvarint(): number {
    let value = 0;
    for (let shift = 0; shift < 35; shift += 7) {
      const byte = this.int8();
      value |= (byte & 0x7f) << shift;
      if (byte >= 0) break;
    }
    return value >>> 0;
  }

  array<T>(read: (reader: this) => T): T[] {
    return this.#many(this.int32(), read);
  }

  compactArray<T>(read: (reader: this) => T): T[] {
    return this.#many(this.uvarint() - 1, read);
  }

  /** Passes the tagged fields of a flexible version; none is of use to us. */
  skipTags(): void {
    for (let left = this.uvarint(); left > 0; left--) {
      this.uvarint();
      this.#advance(this.uvarint());
    }
  }

  #many<T>(length: number, read: (reader: this) => T): T[] {
    const items: T[] = [];
    for (let i = 0; i < length; i++) items.push(read(this));
    return items;
  }

  #advance(length: number): number {
    const at = this.#at;
    if (at + length > this.#buffer.length) {
      throw new RangeError(`answer ends at ${this.#buffer.length}, ${at + length} expected`);
    }
    this.#at = at + length;
    return at;
  }
}
