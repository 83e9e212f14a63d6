import type { Buffer } from "node:buffer";
import type { FetchTarget } from "../../src/kafka/read/fetch_protocol.ts";
import { WireReader } from "../../src/kafka/wire/wire_reader.ts";

/** What a fetch asks for. */
export interface AskedFetch {
  readonly maxWaitMs: number;
  readonly targets: readonly FetchTarget[];
}

/** The body of a fetch, as a broker reads it. */
export function readFetch(body: Buffer): AskedFetch {
  const reader = new WireReader(body, "flexible");
  reader.tags();
  const maxWaitMs = reader.int32();
  for (let i = 0; i < 2; i++) reader.int32(); // bounds of bytes
  reader.int8(); // isolation
  for (let i = 0; i < 2; i++) reader.int32(); // session
  const targets = reader.array((byTopic) => {
    const topicId = byTopic.uuid();
    const asked = byTopic.array((r) => {
      const [partition, currentLeaderEpoch] = [r.int32(), r.int32()];
      const [offset, lastFetchedEpoch] = [r.int64(), r.int32()];
      r.int64(); // log start
      r.int32(); // bytes of the partition
      r.tags();
      return { topicId, partition, offset, currentLeaderEpoch, lastFetchedEpoch };
    });
    byTopic.tags();
    return asked;
  });
  return { maxWaitMs, targets: targets.flat() };
}
