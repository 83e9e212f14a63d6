import type { Buffer } from "node:buffer";
import type { WireForm } from "./wire_writer.ts";

const twoTo32 = 2 ** 32;

/** Bytes of a UUID. */
const uuidBytes = 16;

/** Reads the primitive types of Kafka's protocol, big-endian, in either form. */
export class WireReader {
  readonly #buffer: Buffer;
  readonly #form: WireForm;
  #at = 0;

  constructor(buffer: Buffer, form: WireForm = "classic") {
    this.#buffer = buffer;
    this.#form = form;
  }

  /** Bytes of the whole answer. */
  get sizeBytes(): number {
    return this.#buffer.length;
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

  /** A string that is always there; an empty one for null. */
  text(): string {
    return this.string() ?? "";
  }

  /** STRING and NULLABLE_STRING, or their compact forms. */
  string(): string | null {
    const length = this.#form === "flexible" ? this.#uvarint() - 1 : this.int16();
    return length < 0 ? null : this.raw(length).toString("utf8");
  }

  /** BYTES and RECORDS, or their compact forms; a null value reads as empty. */
  bytes(): Buffer {
    return this.raw(Math.max(0, this.#length()));
  }

  raw(length: number): Buffer {
    const at = this.#advance(length);
    return this.#buffer.subarray(at, at + length);
  }

  /** A UUID as Kafka's tools print it: 22 characters of base64url. */
  uuid(): string {
    return this.raw(uuidBytes).toString("base64url");
  }

  /** ARRAY or COMPACT_ARRAY; a null array reads as empty. */
  array<T>(read: (reader: this) => T): T[] {
    const length = this.#length();
    const items: T[] = [];
    for (let i = 0; i < length; i++) items.push(read(this));
    return items;
  }

  /**
   * Passes the tagged fields at the end of a structure; there are none in the classic form.
   *
   * @param read Given each field's tag and its bytes; without it they are skipped.
   */
  tags(read?: (tag: number, field: WireReader) => void): void {
    if (this.#form === "classic") return;
    for (let left = this.#uvarint(); left > 0; left--) {
      const tag = this.#uvarint();
      const field = this.raw(this.#uvarint());
      read?.(tag, new WireReader(field, this.#form));
    }
  }

  #length(): number {
    return this.#form === "flexible" ? this.#uvarint() - 1 : this.int32();
  }

  #uvarint(): number {
    let value = 0;
    for (let shift = 0; shift < 35; shift += 7) {
      const byte = this.int8();
      value |= (byte & 0x7f) << shift;
      if (byte >= 0) break;
    }
    return value >>> 0;
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
