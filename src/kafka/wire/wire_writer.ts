import { Buffer } from "node:buffer";

/** Writes the primitive types of Kafka's protocol, big-endian, into a growing buffer. */
export class WireWriter {
  #buffer: Buffer;
  #at = 0;

  constructor(sizeBytes = 256) {
    this.#buffer = Buffer.allocUnsafe(sizeBytes);
  }

  int8(value: number): this {
    this.#reserve(1);
    this.#at = this.#buffer.writeInt8(value, this.#at);
    return this;
  }

  int16(value: number): this {
    this.#reserve(2);
    this.#at = this.#buffer.writeInt16BE(value, this.#at);
    return this;
  }

  int32(value: number): this {
    this.#reserve(4);
    this.#at = this.#buffer.writeInt32BE(value, this.#at);
    return this;
  }

  int64(value: number | bigint): this {
    this.#reserve(8);
    this.#at = this.#buffer.writeBigInt64BE(BigInt(value), this.#at);
    return this;
  }

  /** NULLABLE_STRING with a 16-bit length. */
  string(value: string | null): this {
    if (value === null) return this.int16(-1);
    return this.int16(Buffer.byteLength(value)).#text(value);
  }

  /** COMPACT_STRING of the flexible versions: length + 1 as an unsigned varint. */
  compactString(value: string): this {
    return this.uvarint(Buffer.byteLength(value) + 1).#text(value);
  }

  /** BYTES with a 32-bit length. */
  bytes(value: Uint8Array): this {
    return this.int32(value.length).raw(value);
  }

  raw(value: Uint8Array): this {
    this.#reserve(value.length);
    this.#buffer.set(value, this.#at);
    this.#at += value.length;
    return this;
  }

  /** Unsigned varint of at most 32 bits. */
  uvarint(value: number): this {
    let rest = value >>> 0;
    while (rest > 0x7f) {
      this.int8(((rest & 0x7f) | 0x80) << 24 >> 24);
      rest >>>= 7;
    }
    return this.int8(rest);
  }

  /** ARRAY with a 32-bit length. */
  array<T>(items: readonly T[], write: (writer: this, item: T) => void): this {
    this.int32(items.length);
    for (const item of items) write(this, item);
    return this;
  }

  /** What was written so far; a view, valid until the next write. */
  finish(): Buffer {
    return this.#buffer.subarray(0, this.#at);
  }

  #text(value: string): this {
    this.#reserve(Buffer.byteLength(value));
    this.#at += this.#buffer.write(value, this.#at);
    return this;
  }

  #reserve(sizeBytes: number): void {
    const needed = this.#at + sizeBytes;
    if (needed <= this.#buffer.length) return;
    const grown = Buffer.allocUnsafe(Math.max(needed, this.#buffer.length * 2));
    grown.set(this.#buffer.subarray(0, this.#at));
    this.#buffer = grown;
  }
}
