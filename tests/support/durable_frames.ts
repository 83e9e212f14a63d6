import { frameSequenceOf } from "../../src/ingest/frame_records.ts";
import { decodeFrame } from "../../src/ingest/spooled_frame.ts";
import { LevelQueue } from "../../src/level/level_queue.ts";
import type { RecordLog } from "../../src/streams/ports.ts";
import type { TopicPartition } from "../../src/streams/record.ts";
import { identityOf, type RecordIdentity } from "../../src/streams/record_identity.ts";

/** Where frames of a producer can be. */
export interface DurablePlaces {
  readonly log: RecordLog;
  readonly topic: string;
  readonly partitions: number;
  /** Of a producer that does not run. */
  readonly spoolDir: string;
}

/** How far each producer got whose frames are in the log or in the spool: frames, from 1. */
export async function durableFrames(places: DurablePlaces): Promise<Map<string, number>> {
  const frames = new Map<string, number>();
  const note = (producerId: string, sequence: number) =>
    frames.set(producerId, Math.max(sequence, frames.get(producerId) ?? 0));
  {
    await using queue = await LevelQueue.open(places.spoolDir);
    for (const item of await queue.read(-1, { items: 1_000_000, bytes: Infinity })) {
      const { producerId, sequence } = decodeFrame(item, 0);
      note(producerId, sequence);
    }
  }
  for (let partition = 0; partition < places.partitions; partition++) {
    for (const identity of await recordIdentities(places.log, { topic: places.topic, partition })) {
      note(identity.producerId, frameSequenceOf(identity.sequence));
    }
  }
  return frames;
}

/** Who sent the records of a partition, in their order; those without a name are left out. */
export async function recordIdentities(
  log: RecordLog,
  place: TopicPartition,
): Promise<RecordIdentity[]> {
  const { startOffset, endOffset } = await log.bounds(place);
  await using reader = log.open(place, { offset: startOffset });
  const found: RecordIdentity[] = [];
  for (let position = startOffset; position < endOffset;) {
    const { records, nextOffset } = await reader.next(AbortSignal.timeout(10_000));
    for (const { headers } of records) {
      const identity = identityOf(headers);
      if (identity !== undefined) found.push(identity);
    }
    position = nextOffset;
  }
  return found;
}
