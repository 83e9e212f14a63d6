import { assert } from "../../base/assert.ts";
import { type OutputRecord, partitionName, type TopicPartition } from "../../streams/record.ts";
import { recordSizeBytesMax } from "./batch_encoder.ts";

/** Records of one partition that go into one batch. */
export interface PlannedBatch extends TopicPartition {
  readonly records: readonly OutputRecord[];
}

/** A record with its partition decided. */
export type PlacedRecord = OutputRecord & { readonly partition: number };

/**
 * Cuts records into batches, in order per partition.
 *
 * @param batchBytesMax Bound of a batch's size before compression; a larger record goes alone.
 * @returns The batches of each partition, by `partitionName`.
 */
export function planBatches(
  records: readonly PlacedRecord[],
  batchBytesMax: number,
): Map<string, PlannedBatch[]> {
  assert(batchBytesMax > 0, `batch bound must be positive: ${batchBytesMax}`);
  const plan = new Map<string, PlannedBatch[]>();
  for (const [name, ofPartition] of byPartition(records)) {
    const { topic, partition } = ofPartition[0] as PlacedRecord;
    const batches = cut(ofPartition, batchBytesMax);
    plan.set(name, batches.map((batch) => ({ topic, partition, records: batch })));
  }
  return plan;
}

/** The partitions of records, each once. */
export function partitionsOf(records: readonly PlacedRecord[]): TopicPartition[] {
  return Array.from(byPartition(records).values(), ([first]) => {
    const { topic, partition } = first as PlacedRecord;
    return { topic, partition };
  });
}

/** Groups records, in order; neighbours nearly always are of the same partition. */
function byPartition(records: readonly PlacedRecord[]): Map<string, PlacedRecord[]> {
  const groups = new Map<string, PlacedRecord[]>();
  let last: PlacedRecord | undefined;
  let group: PlacedRecord[] = [];
  for (const record of records) {
    if (record.topic !== last?.topic || record.partition !== last.partition) {
      const name = partitionName(record);
      group = groups.get(name) ?? [];
      groups.set(name, group);
    }
    last = record;
    group.push(record);
  }
  return groups;
}

/** Cuts records, of which there is at least one. */
function cut(records: readonly OutputRecord[], batchBytesMax: number): OutputRecord[][] {
  const batches: OutputRecord[][] = [];
  let current: OutputRecord[] = [];
  let sizeBytes = 0;
  for (const record of records) {
    const recordBytes = recordSizeBytesMax(record);
    if (current.length > 0 && sizeBytes + recordBytes > batchBytesMax) {
      batches.push(current);
      current = [];
      sizeBytes = 0;
    }
    current.push(record);
    sizeBytes += recordBytes;
  }
  return [...batches, current];
}
