import type { Buffer } from "node:buffer";
import type { OutputRecord } from "../../streams/record.ts";
import { encodeText } from "../../streams/text.ts";
import { batchBits, batchLayout, batchPrefixBytes } from "../wire/batch_layout.ts";
import { codecOf, compress, type Compression } from "../wire/compression.ts";
import { crc32c } from "../../base/crc32c.ts";
import { WireWriter } from "../wire/wire_writer.ts";
import type { ProducerIdentity } from "./transaction_requests.ts";

/** How a batch is written. */
export interface BatchOptions extends ProducerIdentity {
  readonly baseSequence: number;
  readonly transactional: boolean;
  readonly compression: Compression;
}

/** Upper bound of a record's bytes beside its key, value and headers. */
const recordOverheadBytes = 32;

/** Upper bound of a record's size inside a batch, bytes. */
export function recordSizeBytesMax(record: OutputRecord): number {
  let size = recordOverheadBytes + (record.key?.length ?? 0) + (record.value?.length ?? 0);
  const { headers } = record;
  if (headers === undefined) return size;
  for (const name of Object.keys(headers)) {
    size += name.length * 3 + 10 + (headers[name] as Uint8Array).length;
  }
  return size;
}

/** A batch ready to be sent; of at least one record. */
export function encodeBatch(records: readonly OutputRecord[], options: BatchOptions): Buffer {
  const baseMs = (records[0] as OutputRecord).timestampMs;
  const packed = compress(options.compression, encodeRecords(records, baseMs));
  const sizeBytes = batchLayout.records + packed.length;
  const maxMs = records.reduce((max, { timestampMs }) => Math.max(max, timestampMs), baseMs);
  const attributes = codecOf(options.compression) |
    (options.transactional ? batchBits.transactional : 0);
  const batch = new WireWriter(sizeBytes)
    .int64(0)
    .int32(sizeBytes - batchPrefixBytes)
    .int32(-1) // leader epoch
    .int8(2)
    .int32(0) // checksum, below
    .int16(attributes)
    .int32(records.length - 1)
    .int64(baseMs)
    .int64(maxMs)
    .int64(options.producerId)
    .int16(options.producerEpoch)
    .int32(options.baseSequence)
    .int32(records.length)
    .raw(packed)
    .finish();
  batch.writeUInt32BE(crc32c(batch.subarray(batchLayout.attributes)), batchLayout.checksum);
  return batch;
}

function encodeRecords(records: readonly OutputRecord[], baseMs: number): Uint8Array {
  let sizeMax = 0;
  for (const record of records) sizeMax += recordSizeBytesMax(record);
  const writer = new RecordWriter(sizeMax);
  for (let i = 0; i < records.length; i++) {
    writer.record(records[i] as OutputRecord, baseMs, i);
  }
  return writer.finish();
}

interface EncodedHeader {
  readonly name: Uint8Array;
  readonly value: Uint8Array;
}

/** Up to this length bytes are copied faster one by one. */
const shortBytes = 32;

/** Writes records into one buffer that is large enough from the start. */
class RecordWriter {
  readonly #bytes: Uint8Array;
  readonly #names = new Map<string, Uint8Array>();
  #at = 0;

  constructor(sizeMax: number) {
    this.#bytes = new Uint8Array(sizeMax);
  }

  finish(): Uint8Array {
    return this.#bytes.subarray(0, this.#at);
  }

  record(record: OutputRecord, baseMs: number, offsetDelta: number): void {
    const headers = this.#headersOf(record);
    const timestampDelta = record.timestampMs - baseMs;
    this.#varlong(bodyBytes(record, headers, timestampDelta, offsetDelta));
    this.#bytes[this.#at++] = 0;
    this.#varlong(timestampDelta);
    this.#varlong(offsetDelta);
    this.#nullable(record.key);
    this.#nullable(record.value);
    this.#varlong(headers.length);
    for (const { name, value } of headers) {
      this.#nullable(name);
      this.#nullable(value);
    }
  }

  #headersOf({ headers }: OutputRecord): readonly EncodedHeader[] {
    if (headers === undefined) return [];
    return Object.keys(headers).map((name) => ({
      name: this.#nameBytes(name),
      value: headers[name] as Uint8Array,
    }));
  }

  /** The records of a batch share their few header names. */
  #nameBytes(name: string): Uint8Array {
    const known = this.#names.get(name);
    if (known !== undefined) return known;
    const bytes = encodeText(name);
    this.#names.set(name, bytes);
    return bytes;
  }

  #nullable(value: Uint8Array | null): void {
    if (value === null) return this.#varlong(-1);
    const { length } = value;
    this.#varlong(length);
    if (length > shortBytes) this.#bytes.set(value, this.#at);
    else for (let i = 0; i < length; i++) this.#bytes[this.#at + i] = value[i] as number;
    this.#at += length;
  }

  #varlong(value: number): void {
    let rest = zigzag(value);
    while (rest >= 0x80) {
      this.#bytes[this.#at++] = (rest % 128) | 0x80;
      rest = Math.floor(rest / 128);
    }
    this.#bytes[this.#at++] = rest;
  }
}

/** Zigzag by arithmetic, so that it holds for every safe integer up to 2^52. */
function zigzag(value: number): number {
  return value >= 0 ? value * 2 : -value * 2 - 1;
}

function varlongBytes(value: number): number {
  let size = 1;
  for (let rest = zigzag(value); rest >= 0x80; rest = Math.floor(rest / 128)) size++;
  return size;
}

function nullableBytes(value: Uint8Array | null): number {
  return value === null ? 1 : varlongBytes(value.length) + value.length;
}

function bodyBytes(
  { key, value }: OutputRecord,
  headers: readonly EncodedHeader[],
  timestampDelta: number,
  offsetDelta: number,
): number {
  let size = 1 + varlongBytes(timestampDelta) + varlongBytes(offsetDelta) + nullableBytes(key) +
    nullableBytes(value) + varlongBytes(headers.length);
  for (const header of headers) size += nullableBytes(header.name) + nullableBytes(header.value);
  return size;
}
