import { assert } from "../base/assert.ts";
import type { Headers, OutputRecord } from "../streams/record.ts";
import { encodeText, textOf } from "../streams/text.ts";

/** A record without its place. */
export type RecordBody = Pick<OutputRecord, "timestampMs" | "key" | "value"> & {
  readonly headers: Headers;
};

/** Length that stands for null. */
const nullLength = 0xffffffff;

/**
 * A record as bytes.
 *
 * | bytes | holds |
 * |---|---|
 * | 0-7 | timestamp, float64 ms |
 * | then | key, value: uint32 length (`ffffffff` for null), bytes |
 * | then | uint32 number of headers; each: name, value as above |
 *
 * All numbers big-endian.
 */
export function encodeRecord(record: Omit<OutputRecord, "topic">): Uint8Array {
  const headers = Object.entries(record.headers ?? {});
  const parts: (Uint8Array | null)[] = [record.key, record.value];
  const headerParts = headers.flatMap(([name, value]) => [encodeText(name), value]);
  const length = [...parts, ...headerParts].reduce((sum, p) => sum + 4 + (p?.length ?? 0), 8 + 4);
  const writer = new ByteWriter(length);
  writer.float64(record.timestampMs);
  for (const part of parts) writer.part(part);
  writer.uint32(headers.length);
  for (const part of headerParts) writer.part(part);
  return writer.bytes;
}

/** The record of such bytes; key and value are views. */
export function decodeRecord(bytes: Uint8Array): RecordBody {
  const reader = new ByteReader(bytes);
  const timestampMs = reader.float64();
  const key = reader.part();
  const value = reader.part();
  const headers: Record<string, Uint8Array> = {};
  for (let left = reader.uint32(); left > 0; left--) {
    const name = reader.part();
    const content = reader.part();
    assert(name !== null && content !== null, "a stored header is never null");
    headers[textOf(name)] = content;
  }
  return { timestampMs, key, value, headers };
}

class ByteWriter {
  readonly bytes: Uint8Array;
  readonly #view: DataView;
  #at = 0;

  constructor(length: number) {
    this.bytes = new Uint8Array(length);
    this.#view = new DataView(this.bytes.buffer);
  }

  float64(value: number): void {
    this.#view.setFloat64(this.#at, value);
    this.#at += 8;
  }

  uint32(value: number): void {
    this.#view.setUint32(this.#at, value);
    this.#at += 4;
  }

  part(part: Uint8Array | null): void {
    this.uint32(part === null ? nullLength : part.length);
    if (part === null) return;
    this.bytes.set(part, this.#at);
    this.#at += part.length;
  }
}

class ByteReader {
  readonly #bytes: Uint8Array;
  readonly #view: DataView;
  #at = 0;

  constructor(bytes: Uint8Array) {
    this.#bytes = bytes;
    this.#view = new DataView(bytes.buffer, bytes.byteOffset, bytes.length);
  }

  float64(): number {
    this.#at += 8;
    return this.#view.getFloat64(this.#at - 8);
  }

  uint32(): number {
    this.#at += 4;
    return this.#view.getUint32(this.#at - 4);
  }

  part(): Uint8Array | null {
    const length = this.uint32();
    if (length === nullLength) return null;
    this.#at += length;
    assert(this.#at <= this.#bytes.length, "a stored record ends where its parts end");
    const { buffer, byteOffset } = this.#bytes; // a plain view, even where the bytes are a Buffer
    return new Uint8Array(buffer, byteOffset + this.#at - length, length);
  }
}
