import { frameSequenceOf } from "../../src/ingest/frame_records.ts";
import { decodeFrame } from "../../src/ingest/spooled_frame.ts";
import { LevelQueue } from "../../src/level/level_queue.ts";
import type { RecordLog } from "../../src/streams/ports.ts";
import { identityOf } from "../../src/streams/record_identity.ts";

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
    for (const identity of await identities(places, partition)) {
      note(identity.producerId, frameSequenceOf(identity.sequence));
    }
  }
  return frames;
}

async function identities({ log, topic }: DurablePlaces, partition: number) {
  const place = { topic, partition };
  const { startOffset, endOffset } = await log.bounds(place);
  await using reader = log.open(place, startOffset);
  const found = [];
  for (let position = startOffset; position < endOffset;) {
    const { records, nextOffset } = await reader.next(AbortSignal.timeout(10_000));
    for (const { headers } of records) found.push(identityOf(headers) ?? []);
    position = nextOffset;
  }
  return found.flat();
}
