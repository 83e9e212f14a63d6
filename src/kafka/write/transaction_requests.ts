import type { Offset, TopicPartition } from "../../streams/record.ts";
import { ProtocolFault } from "../wire/errors.ts";
import { writePartitions } from "../wire/partitions.ts";
import type { WireReader } from "../wire/wire_reader.ts";
import type { WireRequest } from "../wire/wire_request.ts";
import type { WireWriter } from "../wire/wire_writer.ts";

/** Who writes, as the brokers know it. */
export interface ProducerIdentity {
  readonly producerId: number;
  readonly producerEpoch: number;
}

/** Whose transaction a request is of. */
export interface InTransaction extends ProducerIdentity {
  readonly transactionalId: string;
}

/** Input position to be committed in a transaction. */
export interface OffsetCommit extends TopicPartition {
  readonly offset: Offset;
  readonly metadata: string;
}

/** Which versions of a request there are for which kind of transactions. */
interface TransactionVersions {
  /** With requests of their own that add partitions and groups. */
  readonly explicit: WireRequest<unknown>["versions"];
  /** Transactions V2 (KIP-890): what is written is added, and the end brings a new epoch. */
  readonly v2: WireRequest<unknown>["versions"];
}

const offsetVersions: TransactionVersions = {
  explicit: { min: 3, max: 4 },
  v2: { min: 5, max: 5 },
};
const endVersions: TransactionVersions = { explicit: { min: 3, max: 4 }, v2: { min: 5, max: 5 } };

/** InitProducerId: a new epoch of a transactional id; without one, a new producer. */
export function initProducerIdRequest(
  transactionalId: string | null,
  transactionTimeoutMs: number,
): WireRequest<ProducerIdentity> {
  return {
    apiKey: 22,
    apiName: "InitProducerId",
    versions: { min: 4, max: 5 },
    flexibleFrom: 2,
    encode: (writer) =>
      writer
        .string(transactionalId)
        .int32(transactionTimeoutMs)
        .int64(-1) // no producer that is to be continued
        .int16(-1)
        .tags(),
    decode: (reader) => {
      readOutcome(reader, "InitProducerId");
      return readIdentity(reader);
    },
  };
}

/** AddPartitionsToTxn; the versions after 3 are the brokers' own. */
export function addPartitionsRequest(
  transaction: InTransaction,
  partitions: readonly TopicPartition[],
): WireRequest<void> {
  return {
    apiKey: 24,
    apiName: "AddPartitionsToTxn",
    versions: { min: 3, max: 3 },
    flexibleFrom: 3,
    encode: (writer) => writePartitions(writeTransaction(writer, transaction), partitions).tags(),
    decode: (reader) => readPartitionOutcomes(reader, "AddPartitionsToTxn"),
  };
}

/** AddOffsetsToTxn: the group's positions will be part of the transaction. */
export function addOffsetsRequest(transaction: InTransaction, groupId: string): WireRequest<void> {
  return {
    apiKey: 25,
    apiName: "AddOffsetsToTxn",
    versions: { min: 3, max: 4 },
    flexibleFrom: 3,
    encode: (writer) => writeTransaction(writer, transaction).string(groupId).tags(),
    decode: (reader) => readOutcome(reader, "AddOffsetsToTxn"),
  };
}

/** TxnOffsetCommit, by the epoch alone: no member of the group is named (KIP-447). */
export function commitOffsetsRequest(
  { transactionalId, producerId, producerEpoch }: InTransaction,
  groupId: string,
  { commits, v2 }: { readonly commits: readonly OffsetCommit[]; readonly v2: boolean },
): WireRequest<void> {
  return {
    apiKey: 28,
    apiName: "TxnOffsetCommit",
    versions: v2 ? offsetVersions.v2 : offsetVersions.explicit,
    flexibleFrom: 3,
    encode: (writer) =>
      writer
        .string(transactionalId)
        .string(groupId)
        .int64(producerId)
        .int16(producerEpoch)
        .int32(-1) // generation
        .string("") // member
        .string(null) // instance
        .array(commits, writeOffset)
        .tags(),
    decode: (reader) => readPartitionOutcomes(reader, "TxnOffsetCommit"),
  };
}

/** EndTxn; answers who writes the next transaction. */
export function endRequest(
  transaction: InTransaction,
  { committed, v2 }: { readonly committed: boolean; readonly v2: boolean },
): WireRequest<ProducerIdentity> {
  const { producerId, producerEpoch } = transaction;
  return {
    apiKey: 26,
    apiName: "EndTxn",
    versions: v2 ? endVersions.v2 : endVersions.explicit,
    flexibleFrom: 3,
    encode: (writer) => writeTransaction(writer, transaction).boolean(committed).tags(),
    decode: (reader) => {
      readOutcome(reader, "EndTxn");
      return v2 ? readIdentity(reader) : { producerId, producerEpoch };
    },
  };
}

function writeTransaction(
  writer: WireWriter,
  { transactionalId, producerId, producerEpoch }: InTransaction,
): WireWriter {
  return writer.string(transactionalId).int64(producerId).int16(producerEpoch);
}

function writeOffset(
  writer: WireWriter,
  { topic, partition, offset, metadata }: OffsetCommit,
): void {
  writer.string(topic).array([partition], (w, number) =>
    w
      .int32(number)
      .int64(offset)
      .int32(-1) // leader epoch: in the metadata
      .string(metadata)
      .tags()).tags();
}

function readIdentity(reader: WireReader): ProducerIdentity {
  return { producerId: reader.int64(), producerEpoch: reader.int16() };
}

/** Throttle time and error of the whole request. */
function readOutcome(reader: WireReader, what: string): void {
  reader.int32();
  failOn(reader.int16(), what);
}

/** Throttle time, then an error per partition. */
function readPartitionOutcomes(reader: WireReader, what: string): void {
  reader.int32();
  reader.array((byTopic) => {
    byTopic.string();
    byTopic.array((r) => {
      r.int32(); // partition
      failOn(r.int16(), what);
      r.tags();
    });
    byTopic.tags();
  });
}

function failOn(errorCode: number, what: string): void {
  if (errorCode !== 0) throw new ProtocolFault(errorCode, what);
}
