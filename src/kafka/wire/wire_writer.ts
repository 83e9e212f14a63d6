import { Buffer } from "node:buffer";

/**
 * How lengths are written: by fixed integers, or, in the "flexible" versions of a request, compact
 * and with tagged fields at the end of each structure (KIP-482).
 */
export type WireForm = "classic" | "flexible";

/** Writes the primitive types of Kafka's protocol, big-endian, into a growing buffer. */
export class WireWriter {
  readonly #flexible: boolean;
  #buffer: Buffer;
  #at = 0;

  constructor(sizeBytes = 256, form: WireForm = "classic") {
    this.#flexible = form === "flexible";
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

  boolean(value: boolean): this {
    return this.int8(value ? 1 : 0);
  }

  /** STRING and NULLABLE_STRING, or their compact forms. */
  string(value: string | null): this {
    if (value === null) return this.#flexible ? this.#uvarint(0) : this.int16(-1);
    const length = Buffer.byteLength(value);
    if (this.#flexible) this.#uvarint(length + 1);
    else this.int16(length);
    this.#reserve(length);
    this.#at += this.#buffer.write(value, this.#at);
    return this;
  }

  /** BYTES and RECORDS, or their compact forms. */
  bytes(value: Uint8Array): this {
    return this.#length(value.length).raw(value);
  }

  raw(value: Uint8Array): this {
    this.#reserve(value.length);
    this.#buffer.set(value, this.#at);
    this.#at += value.length;
    return this;
  }

  /** A UUID from the text form that Kafka's tools print: 22 characters of base64url. */
  uuid(value: string): this {
    return this.raw(Buffer.from(value, "base64url"));
  }

  /** ARRAY or COMPACT_ARRAY; may be null where the protocol allows it. */
  array<T>(items: readonly T[] | null, write: (writer: this, item: T) => void): this {
    if (items === null) return this.#length(-1);
    this.#length(items.length);
    for (const item of items) write(this, item);
    return this;
  }

  /** The end of a structure, which has no tagged fields; nothing in the classic form. */
  tags(): this {
    return this.#flexible ? this.#uvarint(0) : this;
  }

  /** What was written so far; a view, valid until the next write. */
  finish(): Buffer {
    return this.#buffer.subarray(0, this.#at);
  }

  #length(value: number): this {
    return this.#flexible ? this.#uvarint(value + 1) : this.int32(value);
  }

  /** Unsigned varint of at most 32 bits. */
  #uvarint(value: number): this {
    let rest = value >>> 0;
    while (rest > 0x7f) {
      this.int8(((rest & 0x7f) | 0x80) << 24 >> 24);
      rest >>>= 7;
    }
    return this.int8(rest);
  }

  #reserve(sizeBytes: number): void {
    const needed = this.#at + sizeBytes;
    if (needed <= this.#buffer.length) return;
    const grown = Buffer.allocUnsafe(Math.max(needed, this.#buffer.length * 2));
    grown.set(this.#buffer.subarray(0, this.#at));
    this.#buffer = grown;
  }
}
