/** What a reader makes of a changelog that compaction has cleared. */
import assert from "node:assert/strict";
import type { Buffer } from "node:buffer";
import { isControl, readBatchHeader } from "../../src/kafka/read/batch_decoder.ts";
import { fetchRequest } from "../../src/kafka/read/fetch_protocol.ts";
import { batchLayout } from "../../src/kafka/wire/batch_layout.ts";
import type { TopicPartition } from "../../src/streams/record.ts";
import { patience, textRecord, uniqueName, valuesOf } from "../contract/log_harness.ts";
import {
  connectTestKafka,
  createTestTopic,
  kafkaBrokers,
  testCluster,
} from "../support/kafka_harness.ts";
import { until } from "../support/until.ts";

/** Compacted as soon as it can be; the defaults let a marker be for a day. */
const compactedAtOnce = {
  "cleanup.policy": "compact",
  "segment.ms": "100",
  "min.cleanable.dirty.ratio": "0.01",
  "max.compaction.lag.ms": "200",
  "delete.retention.ms": "0",
};

/** The broker looks every 15 s for what to compact, and empties a marker at the second look. */
const emptiedMsMax = 90_000;

function hasEmptiedMarker(batches: Buffer): boolean {
  for (let at = readBatchHeader(batches, 0); at; at = readBatchHeader(batches, at.end)) {
    const count = batches.readInt32BE(at.start + batchLayout.recordCount);
    if (isControl(at) && count === 0) return true;
  }
  return false;
}

/** The beginning of a partition as it lies in the broker's log. */
async function rawBatches({ topic, partition }: TopicPartition): Promise<Buffer> {
  await using cluster = testCluster();
  const { leader, leaderEpoch, topicId } = await cluster.locate({ topic, partition });
  const from = { topicId, partition, offset: 0, currentLeaderEpoch: leaderEpoch };
  const limits = { maxWaitMs: 0, maxBytes: 1_000_000, maxBytesPerPartition: 1_000_000 };
  const request = fetchRequest([{ ...from, lastFetchedEpoch: -1 }], limits);
  const { partitions: [answer] } = await cluster.send(leader, request);
  assert.ok(answer !== undefined);
  return answer.records;
}

Deno.test({
  name: "KafkaLog reads over the ends of transactions that compaction has emptied",
  ignore: kafkaBrokers().length === 0,
  async fn() {
    await using kafka = connectTestKafka();
    const changelog = { topic: await createTestTopic(kafka, 1, compactedAtOnce), partition: 0 };
    const input = { topic: await createTestTopic(kafka, 1), partition: 0 };
    let commits = 0;
    const commitBy = async (application: string) => {
      await using writer = await kafka.commitLog(application).fence(input);
      const record = { ...textRecord(changelog, "k", `v${++commits}`), timestampMs: Date.now() };
      const at = { changelog, input, inputOffset: commits, rekeyed: undefined };
      await writer.commit({ ...at, records: [record], metadata: () => "" });
    };
    // What a producer has written last stays known, the end of its transaction without its record.
    await commitBy(uniqueName("former"));
    const application = uniqueName("present");
    await until(async () => {
      await commitBy(application);
      return hasEmptiedMarker(await rawBatches(changelog));
    }, { what: "a marker that is emptied", msMax: emptiedMsMax, lookMs: 500 });
    await using reader = kafka.log().open(changelog, { offset: 0 });
    let values: readonly (string | undefined)[] = [];
    while (values.at(-1) !== `v${commits}`) {
      values = [...values, ...valuesOf((await reader.next(patience())).records)];
    }
    assert.ok(values.length < commits, "the rest was compacted");
  },
});
