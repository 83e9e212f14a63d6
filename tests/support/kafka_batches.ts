import { Buffer } from "node:buffer";
import { batchLayout, batchPrefixBytes } from "../../src/kafka/wire/batch_layout.ts";
import { encodeBatch } from "../../src/kafka/write/batch_encoder.ts";
import type { FetchedPartition } from "../../src/kafka/read/fetch_protocol.ts";
import { encodeText } from "../../src/streams/text.ts";
import { sealed } from "./packed_batches.ts";

/** A batch as it stands in a log. */
export interface LoggedBatch {
  readonly baseOffset: number;
  /** Values of its records; their keys are `key`. */
  readonly values: readonly string[];
  readonly producerId?: number;
  readonly transactional?: boolean;
  readonly key?: Uint8Array;
  readonly leaderEpoch?: number;
}

/** The bytes of a data batch as a broker keeps them. */
export function dataBatch(batch: LoggedBatch): Buffer {
  const { baseOffset, values, producerId = -1, transactional = false, leaderEpoch = 0 } = batch;
  const { key = encodeText("k") } = batch;
  const records = values.map((value) => ({
    topic: "t",
    timestampMs: 0,
    key,
    value: encodeText(value),
  }));
  const bytes = encodeBatch(records, {
    producerId,
    producerEpoch: 0,
    baseSequence: 0,
    transactional,
    compression: "none",
  });
  bytes.writeBigInt64BE(BigInt(baseOffset), 0);
  bytes.writeInt32BE(leaderEpoch, 12);
  return bytes;
}

/** The bytes of a control batch that ends a transaction. */
export function markerBatch(
  marker: { readonly baseOffset: number; readonly producerId: number; readonly commit: boolean },
): Buffer {
  const key = Uint8Array.of(0, 0, 0, marker.commit ? 1 : 0);
  const batch = dataBatch({ ...marker, values: [""], transactional: true, key });
  batch.writeInt16BE(batch.readInt16BE(21) | 0x20, 21);
  return sealed(batch);
}

/** What compaction leaves of a batch without whose header the broker would forget its producer. */
export function emptied(batch: Buffer): Buffer {
  const left = Buffer.from(batch.subarray(0, batchLayout.records));
  left.writeInt32BE(left.length - batchPrefixBytes, batchLayout.length);
  left.writeInt32BE(0, batchLayout.recordCount);
  return sealed(left);
}

/** A broker's answer that brings these batches. */
export function fetchedPartition(
  batches: readonly Uint8Array[],
  fields: Partial<FetchedPartition> = {},
): FetchedPartition {
  return {
    topicId: "t",
    partition: 0,
    errorCode: 0,
    divergence: undefined,
    lastStableOffset: 1_000,
    logStartOffset: 0,
    abortedTransactions: [],
    records: Buffer.concat(batches),
    ...fields,
  };
}
