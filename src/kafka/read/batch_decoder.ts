import type { Buffer } from "node:buffer";
import { PipelineError } from "../../base/errors.ts";
import {
  type LogRecord,
  type Offset,
  partitionName,
  type TopicPartition,
} from "../../streams/record.ts";
import { batchBits, batchLayout, batchPrefixBytes } from "../wire/batch_layout.ts";
import { decompress } from "../wire/compression.ts";
import { UnreadableError } from "../wire/unreadable.ts";
import { crc32c } from "../../base/crc32c.ts";
import { HeaderDecoder } from "./header_decoder.ts";
import { stampOf } from "../wire/stamps.ts";
import { RecordCursor } from "./record_cursor.ts";

const twoTo32 = 2 ** 32;

/** Records of one batch: 1 MB of records of 5 bytes. Each becomes some hundred bytes here. */
export const recordsPerBatchMax = 200_000;

/** Of a record without anything: six numbers of one byte, and its length. */
const recordBytesMin = 7;

/** What is known of a batch before its records are read. */
export interface BatchHeader {
  /** Where it starts and ends in the bytes it was read from. */
  readonly start: number;
  readonly end: number;
  readonly baseOffset: Offset;
  readonly lastOffset: Offset;
  /** Of the leader that took it in; -1 in logs that are older than epochs. */
  readonly leaderEpoch: number;
  readonly attributes: number;
  readonly producerId: number;
}

/** The batch at `start`, or `undefined` if the bytes end within it, or are none. */
export function readBatchHeader(bytes: Buffer, start: number): BatchHeader | undefined {
  if (start + batchLayout.records > bytes.length) return undefined;
  const end = start + batchPrefixBytes + bytes.readInt32BE(start + batchLayout.length);
  if (end > bytes.length || end < start + batchLayout.records) return undefined;
  const baseOffset = readInt64(bytes, start);
  return {
    start,
    end,
    baseOffset,
    lastOffset: baseOffset + bytes.readInt32BE(start + batchLayout.lastOffsetDelta),
    leaderEpoch: bytes.readInt32BE(start + batchLayout.leaderEpoch),
    attributes: bytes.readInt16BE(start + batchLayout.attributes),
    producerId: readInt64(bytes, start + batchLayout.producerId),
  };
}

/** True for a batch that only marks the end of a transaction. */
export function isControl({ attributes }: BatchHeader): boolean {
  return (attributes & batchBits.control) !== 0;
}

/** True for a batch that belongs to a transaction. */
export function isTransactional({ attributes }: BatchHeader): boolean {
  return (attributes & batchBits.transactional) !== 0;
}

/**
 * Refuses a batch before anything that it says is believed.
 *
 * @throws {PipelineError} `LOG_UNAVAILABLE` if the checksum is wrong: read again;
 *   `TOPIC_UNSUITABLE` for a message format other than 2.
 */
export function verifyBatch(bytes: Buffer, header: BatchHeader, of: TopicPartition): void {
  const { start, end } = header;
  const place = `${partitionName(of)}@${header.baseOffset}`;
  const magic = bytes.readInt8(start + batchLayout.magic);
  if (magic !== 2) {
    throw new PipelineError(
      "TOPIC_UNSUITABLE",
      `Cannot read ${place} as its message format must be 2: ${magic}`,
    );
  }
  const stored = bytes.readUInt32BE(start + batchLayout.checksum);
  const computed = crc32c(plainView(bytes, start + batchLayout.attributes, end));
  if (stored !== computed) {
    throw new PipelineError(
      "LOG_UNAVAILABLE",
      `Cannot read ${place} as its checksum must be ${stored}: ${computed}`,
    );
  }
}

/** Which records of a batch are wanted, and whose they are. */
export interface BatchTarget extends TopicPartition {
  /** Records before it are skipped: a batch is sent whole even if its middle was asked for. */
  readonly fromOffset: Offset;
}

/**
 * Appends the wanted records of a verified batch to `out`.
 *
 * Keys and values are views of `bytes` (of the decompressed bytes if it was compressed), and equal
 * neighbours may share one: who changes one, or keeps one for long, copies it.
 *
 * A batch that can never be read, as its writer made it so, becomes one record: `unreadable` says
 * why, its value is the batch.
 *
 * @returns How many bytes were unpacked and are kept by what was appended; 0 for a batch that is not
 *   compressed, whose records are views of `bytes`.
 */
export function decodeBatch(
  bytes: Buffer,
  header: BatchHeader,
  target: BatchTarget,
  out: LogRecord[],
): number {
  const before = out.length;
  try {
    return decodeRecords(bytes, header, target, out);
  } catch (error) {
    if (!(error instanceof UnreadableError)) throw error;
    out.length = before;
    out.push(unreadableBatch(bytes, header, target, error.message));
    return 0;
  }
}

function decodeRecords(
  bytes: Buffer,
  header: BatchHeader,
  target: BatchTarget,
  out: LogRecord[],
): number {
  const { start, attributes } = header;
  const count = bytes.readInt32BE(start + batchLayout.recordCount);
  const records = recordBytes(bytes, header);
  checkCount(count, records);
  const cursor = new RecordCursor(records);
  const baseTimestampMs = readInt64(bytes, start + batchLayout.baseTimestamp);
  const appendTimeMs = (attributes & batchBits.appendTime) === 0
    ? undefined
    : readInt64(bytes, start + batchLayout.maxTimestamp);
  const headers = new HeaderDecoder(cursor);
  let key: Uint8Array | null = null;
  let offset = header.baseOffset - 1;
  for (let i = 0; i < count; i++) {
    const length = cursor.varint();
    const end = cursor.at + length;
    cursor.skip(1);
    const timestampMs = baseTimestampMs + cursor.varlong();
    offset = checkedOffset(header.baseOffset + cursor.varint(), offset, header);
    if (offset >= target.fromOffset) {
      key = cursor.bytesLike(key);
      const value = cursor.bytes();
      const decoded = headers.decode();
      out.push({
        topic: target.topic,
        partition: target.partition,
        offset,
        timestampMs: appendTimeMs ?? stampOf(timestampMs, decoded),
        key,
        value,
        headers: decoded,
      });
    } else cursor.skip(end - cursor.at);
    if (cursor.at !== end) throw new UnreadableError("a record has another length than it claims");
  }
  if (cursor.at !== records.length) throw new UnreadableError("more records than the batch claims");
  return records.buffer === bytes.buffer ? 0 : records.length;
}

function checkCount(count: number, records: Uint8Array): void {
  if (count > recordsPerBatchMax || count * recordBytesMin > records.length) {
    throw new UnreadableError(
      `${count} records in ${records.length} bytes, and at most ${recordsPerBatchMax} are read`,
    );
  }
}

function checkedOffset(offset: Offset, before: Offset, { lastOffset }: BatchHeader): Offset {
  if (offset > before && offset <= lastOffset) return offset;
  throw new UnreadableError(`offset ${offset} after ${before} in a batch up to ${lastOffset}`);
}

/** Stands for all the batch's offsets, as far as they are wanted. */
function unreadableBatch(
  bytes: Buffer,
  { start, end, baseOffset }: BatchHeader,
  { topic, partition, fromOffset }: BatchTarget,
  unreadable: string,
): LogRecord {
  return {
    topic,
    partition,
    offset: Math.max(baseOffset, fromOffset),
    timestampMs: readInt64(bytes, start + batchLayout.maxTimestamp),
    key: null,
    value: plainView(bytes, start, end),
    headers: {},
    unreadable,
  };
}

/**
 * How a control batch ends its producer's transaction; `undefined` if it has no record: of a
 * transaction of which nothing is left, compaction takes the marker as well, and keeps the batch for
 * what it says of its producer.
 *
 * @throws {PipelineError} `LOG_UNAVAILABLE` if it says something else: only brokers write those.
 */
export function markerIn(
  bytes: Buffer,
  header: BatchHeader,
  of: TopicPartition,
): "abort" | "commit" | undefined {
  const found: LogRecord[] = [];
  decodeBatch(bytes, header, { ...of, fromOffset: header.baseOffset }, found);
  const [marker] = found;
  if (marker === undefined) return undefined;
  // The key of a control record: int16 version, int16 type (0 abort, 1 commit).
  const { key } = marker;
  if (key !== null && key.length >= 4) return key[2] === 0 && key[3] === 0 ? "abort" : "commit";
  throw new PipelineError(
    "LOG_UNAVAILABLE",
    `Cannot read the control batch at ${header.baseOffset} as it must commit or abort`,
  );
}

function recordBytes(bytes: Buffer, header: BatchHeader): Uint8Array {
  const stored = plainView(bytes, header.start + batchLayout.records, header.end);
  return decompress(header.attributes & batchBits.codec, stored);
}

function plainView(bytes: Buffer, start: number, end: number): Uint8Array {
  return new Uint8Array(bytes.buffer, bytes.byteOffset + start, end - start);
}

function readInt64(bytes: Buffer, at: number): number {
  return bytes.readInt32BE(at) * twoTo32 + bytes.readUInt32BE(at + 4);
}
