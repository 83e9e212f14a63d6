import type { Buffer } from "node:buffer";
import { PipelineError } from "../../base/errors.ts";
import type { LogRecord, Offset, TopicPartition } from "../../streams/record.ts";
import { batchBits, batchLayout, batchPrefixBytes } from "../wire/batch_layout.ts";
import { decompress } from "../wire/compression.ts";
import { crc32c } from "../../base/crc32c.ts";
import { HeaderDecoder } from "./header_decoder.ts";
import { stampOf } from "../wire/stamps.ts";
import { RecordCursor } from "./record_cursor.ts";

const twoTo32 = 2 ** 32;

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

/** The batch at `start`, or `undefined` if the bytes end within it. */
export function readBatchHeader(bytes: Buffer, start: number): BatchHeader | undefined {
  if (start + batchLayout.records > bytes.length) return undefined;
  const end = start + batchPrefixBytes + bytes.readInt32BE(start + batchLayout.length);
  if (end > bytes.length) return undefined;
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

/** Which records of a batch are wanted, and whose they are. */
export interface BatchTarget extends TopicPartition {
  /** Records before it are skipped: a batch is sent whole even if its middle was asked for. */
  readonly fromOffset: Offset;
}

/**
 * Appends the wanted records of a batch to `out`.
 *
 * Keys and values are views of `bytes` (of the decompressed bytes if it was compressed), and equal
 * neighbours may share one: who changes one, or keeps one for long, copies it.
 *
 * @throws {PipelineError} `LOG_UNAVAILABLE` if the checksum is wrong: read again;
 *   `TOPIC_UNSUITABLE` for a codec we cannot read.
 */
export function decodeBatch(
  bytes: Buffer,
  header: BatchHeader,
  target: BatchTarget,
  out: LogRecord[],
): void {
  verify(bytes, header, target);
  const { start, attributes } = header;
  const records = recordBytes(bytes, header, target);
  const cursor = new RecordCursor(records);
  const count = bytes.readInt32BE(start + batchLayout.recordCount);
  const baseTimestampMs = readInt64(bytes, start + batchLayout.baseTimestamp);
  const appendTimeMs = (attributes & batchBits.appendTime) === 0
    ? undefined
    : readInt64(bytes, start + batchLayout.maxTimestamp);
  const headers = new HeaderDecoder(cursor);
  let key: Uint8Array | null = null;
  for (let i = 0; i < count; i++) {
    const end = cursor.varint() + cursor.at;
    cursor.at++;
    const timestampMs = baseTimestampMs + cursor.varlong();
    const offset = header.baseOffset + cursor.varint();
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
    }
    cursor.at = end;
  }
}

/** True when a control batch says that its producer's transaction was aborted. */
export function isAbortMarker(bytes: Buffer, header: BatchHeader): boolean {
  const cursor = new RecordCursor(bytes.subarray(header.start + batchLayout.records, header.end));
  cursor.varint();
  cursor.at++;
  cursor.varlong();
  cursor.varint();
  // The key of a control record: int16 version, int16 type (0 abort, 1 commit).
  const key = cursor.bytes();
  return key !== null && key.length >= 4 && key[2] === 0 && key[3] === 0;
}

function verify(bytes: Buffer, header: BatchHeader, target: BatchTarget): void {
  const { start, end } = header;
  const place = `${target.topic}-${target.partition}@${header.baseOffset}`;
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

function recordBytes(bytes: Buffer, header: BatchHeader, target: BatchTarget): Uint8Array {
  const stored = plainView(bytes, header.start + batchLayout.records, header.end);
  const codec = header.attributes & batchBits.codec;
  if (codec === 0) return stored;
  return decompress(codec, stored, `${target.topic}-${target.partition}@${header.baseOffset}`);
}

function plainView(bytes: Buffer, start: number, end: number): Uint8Array {
  return new Uint8Array(bytes.buffer, bytes.byteOffset + start, end - start);
}

function readInt64(bytes: Buffer, at: number): number {
  return bytes.readInt32BE(at) * twoTo32 + bytes.readUInt32BE(at + 4);
}
