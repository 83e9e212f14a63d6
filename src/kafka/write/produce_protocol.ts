import type { Buffer } from "node:buffer";
import type { Offset, TopicPartition } from "../../streams/record.ts";
import type { WireReader } from "../wire/wire_reader.ts";
import type { WireRequest } from "../wire/wire_request.ts";
import type { WireWriter } from "../wire/wire_writer.ts";

/** A batch and where it goes. */
export interface PartitionBatch extends TopicPartition {
  readonly batch: Buffer;
}

/** A broker's answer for one batch. */
export interface ProducedPartition extends TopicPartition {
  readonly errorCode: number;
  /** Offset of the batch's first record; -1 if unknown. */
  readonly baseOffset: Offset;
}

const allReplicas = -1;

/** Produce: one batch per partition, acknowledged by all in-sync replicas. */
export function produceRequest(
  batches: readonly PartitionBatch[],
  options: {
    readonly transactionalId: string | null;
    /** True for Transactions V2: the partitions are added to the transaction. */
    readonly v2?: boolean;
    readonly timeoutMs: number;
  },
): WireRequest<ProducedPartition[]> {
  const byTopic = [...Map.groupBy(batches, ({ topic }) => topic)];
  return {
    apiKey: 0,
    apiName: "Produce",
    versions: options.v2 === true ? { min: 12, max: 12 } : { min: 9, max: 11 },
    flexibleFrom: 9,
    sizeBytes: batches.reduce((sum, { batch }) => sum + batch.length + 300, 64),
    encode: (writer) =>
      writer
        .string(options.transactionalId)
        .int16(allReplicas)
        .int32(options.timeoutMs)
        .array(byTopic, (w, [topic, ofTopic]) => w.string(topic).array(ofTopic, writeBatch).tags())
        .tags(),
    decode: decodeProduced,
  };
}

function writeBatch(writer: WireWriter, { partition, batch }: PartitionBatch): void {
  writer.int32(partition).bytes(batch).tags();
}

function decodeProduced(reader: WireReader): ProducedPartition[] {
  const produced: ProducedPartition[] = [];
  reader.array((byTopic) => {
    const topic = byTopic.text();
    byTopic.array((r) => produced.push(readPartition(r, topic)));
    byTopic.tags();
  });
  return produced;
}

function readPartition(reader: WireReader, topic: string): ProducedPartition {
  const partition = reader.int32();
  const errorCode = reader.int16();
  const baseOffset = reader.int64();
  reader.int64(); // append time
  reader.int64(); // log start
  reader.array((r) => {
    r.int32(); // index of a record that was refused
    r.string(); // why
    r.tags();
  });
  reader.string(); // why all were refused
  reader.tags();
  return { topic, partition, errorCode, baseOffset };
}
