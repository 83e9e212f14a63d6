import assert from "node:assert/strict";
import { Buffer } from "node:buffer";
import { seededRandom } from "../../../src/base/random.ts";
import type { Cluster } from "../../../src/kafka/cluster/cluster.ts";
import { isCompactedAway } from "../../../src/kafka/read/compacted_gap.ts";
import type { FetchedPartition } from "../../../src/kafka/read/fetch_protocol.ts";
import { KafkaPartitionReader } from "../../../src/kafka/read/partition_reader.ts";
import { fetchedPartition } from "../../support/kafka_batches.ts";

const endOffset = 9;
const nothing = fetchedPartition([], { lastStableOffset: endOffset });
const compact = { "cleanup.policy": "compact" };

interface Shown {
  readonly config: Readonly<Record<string, string>>;
  /** What the last of ten fetches brings. */
  readonly last?: FetchedPartition | undefined;
  /** After how many pauses the reader is closed. */
  readonly closedAfter?: number;
}

/** Whether the gap is proven, after how many fetches, and in what time, ms. */
async function asked(
  { config, closedAfter, ...shown }: Shown,
): Promise<{ readonly proven: boolean; readonly fetches: number; readonly takenMs: number }> {
  const owner = { readerDrained() {}, readerClosed() {} };
  const place = { topic: "t", partition: 0 };
  const reader = new KafkaPartitionReader(owner, place, {
    from: { offset: 3 },
    bufferedBytesMax: 1,
  });
  let [fetches, pauses, takenMs] = [0, 0, 0];
  const configEntries = Object.entries(config)
    .map(([configName, configValue]) => ({ configName, configValue }));
  const cluster = {
    onAny: () => Promise.resolve({ resources: [{ configEntries }] }),
    leader: () => Promise.resolve(1),
    send: () => {
      fetches += 1;
      const answer = fetches === 10 && "last" in shown ? shown.last : nothing;
      return Promise.resolve({ errorCode: 0, partitions: answer === undefined ? [] : [answer] });
    },
  } as unknown as Cluster;
  const sleep = async (ms: number) => {
    takenMs += ms;
    if (++pauses === closedAfter) await reader[Symbol.asyncDispose]();
  };
  const proven = await isCompactedAway(reader, endOffset, {
    cluster,
    timing: { clock: { nowMs: () => 0, monotonicMs: () => 0, sleep }, random: seededRandom(1) },
    limits: { maxWaitMs: 100, maxBytes: 1_000, maxBytesPerPartition: 1_000 },
    signal: new AbortController().signal,
  });
  return { proven, fetches, takenMs };
}

Deno.test.each<Shown>([
  { config: compact },
  { config: { "cleanup.policy": "compact,delete", "remote.storage.enable": "false" } },
  { config: compact, last: fetchedPartition([], { lastStableOffset: endOffset + 1 }) },
])("isCompactedAway() takes ten empty answers in five seconds for a proof: %o", async (shown) => {
  assert.deepEqual(await asked(shown), { proven: true, fetches: 10, takenMs: 5_000 });
});

Deno.test.each<Shown>([
  { config: {} },
  { config: { "cleanup.policy": "delete" } },
  { config: { ...compact, "remote.storage.enable": "true" } },
])("isCompactedAway() asks nothing where an empty answer proves nothing: %o", async (shown) => {
  assert.deepEqual(await asked(shown), { proven: false, fetches: 0, takenMs: 0 });
});

Deno.test.each<{ readonly what: string; readonly last: FetchedPartition | undefined }>([
  { what: "no answer for the partition", last: undefined },
  { what: "an error", last: { ...nothing, errorCode: 6 } },
  { what: "another log", last: { ...nothing, divergence: { leaderEpoch: 1, endOffset: 2 } } },
  { what: "records", last: { ...nothing, records: Buffer.of(1) } },
  { what: "an end before the gap's", last: { ...nothing, lastStableOffset: endOffset - 1 } },
])("isCompactedAway() is false as soon as the broker shows $what", async ({ last }) => {
  const { proven, fetches } = await asked({ config: compact, last });
  assert.deepEqual([proven, fetches], [false, 10]);
});

Deno.test("isCompactedAway() asks no more for a reader that has ended", async () => {
  const { proven, fetches } = await asked({ config: compact, closedAfter: 3 });
  assert.deepEqual([proven, fetches], [false, 2]);
});
