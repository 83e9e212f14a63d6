import { Buffer } from "node:buffer";
import type { Offset } from "../../streams/record.ts";
import type { WireReader } from "../wire/wire_reader.ts";
import type { WireRequest } from "../wire/wire_request.ts";
import type { WireWriter } from "../wire/wire_writer.ts";

/** What is wanted of a partition, and what the broker is to check before it answers. */
export interface FetchTarget {
  /** Never read on in a topic that was deleted and recreated. */
  readonly topicId: string;
  readonly partition: number;
  readonly offset: Offset;
  /** Epoch in which the broker is the leader, as we know it: an older or newer one refuses. */
  readonly currentLeaderEpoch: number;
  /** Epoch that wrote what lies before the offset: a log that has lost it says so; -1: unknown. */
  readonly lastFetchedEpoch: number;
}

/** Bounds of one fetch. */
export interface FetchLimits {
  /** How long the broker may wait for the first byte, ms. */
  readonly maxWaitMs: number;
  /** Of one answer. */
  readonly maxBytes: number;
  /** Of one partition in it; a larger batch comes whole. */
  readonly maxBytesPerPartition: number;
}

/** A transaction that was aborted and has records in the fetched range. */
export interface AbortedTransaction {
  readonly producerId: number;
  readonly firstOffset: Offset;
}

/** Where a log and the one that led to our position part. */
export interface Divergence {
  /** The newest epoch, up to that of our position, that the log knows. */
  readonly leaderEpoch: number;
  /** Where that epoch ends. */
  readonly endOffset: Offset;
}

/** A broker's answer for one partition. */
export interface FetchedPartition {
  readonly topicId: string;
  readonly partition: number;
  readonly errorCode: number;
  readonly divergence: Divergence | undefined;
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

/** Of the tagged fields in a partition's answer. */
const divergingEpochTag = 0;

/**
 * Fetch, `read_committed`, without a fetch session. Version 12 lets the broker compare leader
 * epochs (KIP-320, KIP-595), 13 names topics by their ids (KIP-516), and 15 no longer says that we
 * are a client.
 */
export function fetchRequest(
  targets: readonly FetchTarget[],
  limits: FetchLimits,
): WireRequest<FetchAnswer> {
  return {
    apiKey: 1,
    apiName: "Fetch",
    versions: { min: 13, max: 17 },
    flexibleFrom: 12,
    sizeBytes: 64 + targets.length * 64,
    encode: (writer, version) => {
      if (version < 15) writer.int32(-1); // replica: a client
      writer
        .int32(limits.maxWaitMs)
        .int32(1) // answer as soon as there is a byte
        .int32(limits.maxBytes)
        .int8(readCommitted)
        .int32(0) // session id
        .int32(-1) // session epoch: none
        .array(targets, (w, target) => writeTarget(w, target, limits))
        .array([], () => {}) // forgotten topics
        .string("") // rack
        .tags();
    },
    decode: decodeFetched,
  };
}

/** One topic entry per partition, so that the broker serves them in our order. */
function writeTarget(writer: WireWriter, target: FetchTarget, limits: FetchLimits): void {
  writer
    .uuid(target.topicId)
    .array([target], (w, { partition, offset, currentLeaderEpoch, lastFetchedEpoch }) =>
      w
        .int32(partition)
        .int32(currentLeaderEpoch)
        .int64(offset)
        .int32(lastFetchedEpoch)
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
    const topicId = byTopic.uuid();
    byTopic.array((r) => partitions.push(readPartition(r, topicId)));
    byTopic.tags();
  });
  return { errorCode, partitions };
}

function readPartition(reader: WireReader, topicId: string): FetchedPartition {
  const partition = reader.int32();
  const errorCode = reader.int16();
  reader.int64(); // high watermark
  const lastStableOffset = reader.int64();
  const logStartOffset = reader.int64();
  const abortedTransactions = reader.array(readAborted);
  reader.int32(); // preferred replica
  const records = ownBytes(reader.bytes(), reader.sizeBytes);
  let divergence: Divergence | undefined;
  reader.tags((tag, field) => {
    if (tag === divergingEpochTag) divergence = readDivergence(field);
  });
  return {
    topicId,
    partition,
    errorCode,
    divergence,
    lastStableOffset,
    logStartOffset,
    abortedTransactions,
    records,
  };
}

function readDivergence(reader: WireReader): Divergence {
  return { leaderEpoch: reader.int32(), endOffset: reader.int64() };
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
