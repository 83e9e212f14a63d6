import { Buffer } from "node:buffer";
import type { Offset, TopicPartition } from "../../streams/record.ts";
import type { WireReader } from "../wire/wire_reader.ts";
import type { WireRequest } from "../wire/wire_request.ts";
import type { WireWriter } from "../wire/wire_writer.ts";

/** From where a partition is wanted. */
export interface FetchTarget extends TopicPartition {
  readonly offset: Offset;
}

/** Bounds of one fetch. */
export interface FetchLimits {
  /** How long the broker may wait for the first byte, ms. */
  readonly maxWaitMs: number;
  readonly maxBytes: number;
  readonly maxBytesPerPartition: number;
}

/** A transaction that was aborted and has records in the fetched range. */
export interface AbortedTransaction {
  readonly producerId: number;
  readonly firstOffset: Offset;
}

/** A broker's answer for one partition. */
export interface FetchedPartition extends TopicPartition {
  readonly errorCode: number;
  readonly lastStableOffset: Offset;
  readonly logStartOffset: Offset;
  readonly abortedTransactions: readonly AbortedTransaction[];
  /** Record batches, the last of which may be cut off. */
  readonly records: Buffer;
}

/** A broker's answer to a fetch. */
export interface FetchAnswer {
  readonly errorCode: number;
  readonly partitions: readonly FetchedPartition[];
}

const readCommitted = 1;

/** Fetch, `read_committed`, without a fetch session. */
export function fetchRequest(
  targets: readonly FetchTarget[],
  limits: FetchLimits,
): WireRequest<FetchAnswer> {
  return {
    apiKey: 1,
    apiName: "Fetch",
    versions: { min: 12, max: 12 },
    flexibleFrom: 12,
    sizeBytes: 64 + targets.length * 64,
    encode: (writer) =>
      writer
        .int32(-1) // replica: a client
        .int32(limits.maxWaitMs)
        .int32(1) // answer as soon as there is a byte
        .int32(limits.maxBytes)
        .int8(readCommitted)
        .int32(0) // session id
        .int32(-1) // session epoch: none
        .array(targets, (w, target) => writeTarget(w, target, limits))
        .array([], () => {}) // forgotten topics
        .string("") // rack
        .tags(),
    decode: decodeFetched,
  };
}

/** One topic entry per partition, so that the broker serves them in our order. */
function writeTarget(writer: WireWriter, target: FetchTarget, limits: FetchLimits): void {
  writer
    .string(target.topic)
    .array([target], (w, { partition, offset }) =>
      w
        .int32(partition)
        .int32(-1) // leader epoch: not checked
        .int64(offset)
        .int32(-1) // epoch of what was fetched last: not checked
        .int64(-1) // log start: for followers only
        .int32(limits.maxBytesPerPartition)
        .tags())
    .tags();
}

function decodeFetched(reader: WireReader): FetchAnswer {
  reader.int32(); // throttle time: the broker has already waited
  const errorCode = reader.int16();
  reader.int32(); // session id
  const partitions: FetchedPartition[] = [];
  reader.array((byTopic) => {
    const topic = byTopic.string() ?? "";
    byTopic.array((r) => partitions.push(readPartition(r, topic)));
    byTopic.tags();
  });
  return { errorCode, partitions };
}

function readPartition(reader: WireReader, topic: string): FetchedPartition {
  const partition = reader.int32();
  const errorCode = reader.int16();
  reader.int64(); // high watermark
  const lastStableOffset = reader.int64();
  const logStartOffset = reader.int64();
  const abortedTransactions = reader.array(readAborted);
  reader.int32(); // preferred replica
  const records = ownBytes(reader.bytes(), reader.sizeBytes);
  reader.tags();
  return {
    topic,
    partition,
    errorCode,
    lastStableOffset,
    logStartOffset,
    abortedTransactions,
    records,
  };
}

function readAborted(reader: WireReader): AbortedTransaction {
  const aborted = { producerId: reader.int64(), firstOffset: reader.int64() };
  reader.tags();
  return aborted;
}

/** A small part of an answer is copied, so that it does not keep the whole answer alive. */
function ownBytes(part: Buffer, answerBytes: number): Buffer {
  return part.length * 2 > answerBytes ? part : Buffer.from(part);
}
