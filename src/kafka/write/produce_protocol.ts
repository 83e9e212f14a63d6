import type { Buffer } from "node:buffer";
import type { Offset, TopicPartition } from "../../streams/record.ts";
import type { WireRequest } from "../wire/internals.ts";
import { WireReader } from "../wire/wire_reader.ts";
import { WireWriter } from "../wire/wire_writer.ts";

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

/** Produce, version 7: one batch per partition, acknowledged by all in-sync replicas. */
export function produceRequest(
  batches: readonly PartitionBatch[],
  options: { readonly transactionalId: string | null; readonly timeoutMs: number },
): WireRequest<ProducedPartition[]> {
  const sizeBytes = batches.reduce((sum, { batch }) => sum + batch.length + 300, 64);
  const body = new WireWriter(sizeBytes)
    .string(options.transactionalId)
    .int16(allReplicas)
    .int32(options.timeoutMs)
    .array([...Map.groupBy(batches, ({ topic }) => topic)], (writer, [topic, ofTopic]) => {
      writer.string(topic).array(ofTopic, (w, { partition, batch }) => {
        w.int32(partition).bytes(batch);
      });
    })
    .finish();
  return { apiKey: 0, apiVersion: 7, apiName: "Produce", body, decode: decodeAnswer };
}

function decodeAnswer(payload: Buffer): ProducedPartition[] {
  const produced: ProducedPartition[] = [];
  new WireReader(payload).array((reader) => {
    const topic = reader.string() ?? "";
    reader.array((r) => produced.push(readPartition(r, topic)));
  });
  return produced;
}

function readPartition(reader: WireReader, topic: string): ProducedPartition {
  const partition = reader.int32();
  const errorCode = reader.int16();
  const baseOffset = reader.int64();
  reader.int64(); // append time
  reader.int64(); // log start
  return { topic, partition, errorCode, baseOffset };
}
