/** Positions of a reader whose broker answers without records though there are some. */
import assert from "node:assert/strict";
import { KafkaLog } from "../../src/kafka/read/log.ts";
import { KafkaAppender } from "../../src/kafka/write/appender.ts";
import type { PartitionReader } from "../../src/streams/ports.ts";
import type { TopicPartition } from "../../src/streams/record.ts";
import { patience, textRecord, uniqueName } from "../contract/log_harness.ts";
import { withoutRecords } from "../support/fetch_answers.ts";
import {
  connectTestKafka,
  createTestTopic,
  kafkaBrokers,
  readOptions,
  realTiming,
  testCluster,
  testProxy,
  transactionOptions,
} from "../support/kafka_harness.ts";
import { apiKeys, type KafkaProxy } from "../support/kafka_proxy.ts";

const ignore = kafkaBrokers().length === 0;
const count = 6_000;

interface LateTest {
  readonly proxy: KafkaProxy;
  readonly reader: PartitionReader;
}

/** A reader, through a proxy, of a partition that holds records. */
function lateTest(
  name: string,
  config: Readonly<Record<string, string>>,
  run: (test: LateTest) => Promise<void>,
): void {
  Deno.test({
    name,
    ignore,
    async fn() {
      await using kafka = connectTestKafka();
      const place = { topic: await createTestTopic(kafka, 1, config), partition: 0 };
      await fill(place);
      await using proxy = testProxy();
      await using log = new KafkaLog(testCluster(proxy.port), realTiming, readOptions);
      await using reader = log.open(place, { offset: 0 });
      await run({ proxy, reader });
    },
  });
}

async function fill(place: TopicPartition): Promise<void> {
  await using cluster = testCluster();
  await using appender = new KafkaAppender(cluster, realTiming, {
    ...transactionOptions,
    deliveryTimeoutMs: 10_000,
  });
  await appender.append(Array.from({ length: count }, (_, i) => textRecord(place, "k", `v${i}`)));
}

/** From now on every fetch comes back without its records. */
function withhold(proxy: KafkaProxy): void {
  proxy.rewrite = (apiKey, answer) => apiKey === apiKeys.fetch ? withoutRecords(answer) : answer;
}

function heal(proxy: KafkaProxy): void {
  proxy.rewrite = (_, answer) => answer;
}

lateTest(
  "KafkaLog loses nothing of a broker that answers late, and says that it waits",
  {},
  async ({ proxy, reader }) => {
    withhold(proxy);
    const healing = setTimeout(() => heal(proxy), 3_000);
    try {
      await assert.rejects(reader.next(patience()), {
        code: "LOG_UNAVAILABLE",
        message: /from offset 0 as the broker must show .* end 6000: it answers with nothing; if/,
      });
      const offsets = await offsetsOf(reader);
      assert.deepEqual(offsets, Array.from({ length: count }, (_, i) => i));
    } finally {
      clearTimeout(healing);
    }
  },
);

lateTest(
  "KafkaLog takes a broker for late that shows a compacted topic in the end",
  { "cleanup.policy": "compact" },
  async ({ proxy, reader }) => {
    withhold(proxy);
    const healing = setTimeout(() => heal(proxy), 3_000);
    try {
      assert.equal((await offsetsOf(reader)).length, count);
    } finally {
      clearTimeout(healing);
    }
  },
);

lateTest(
  "KafkaLog passes what compaction has removed when the broker keeps showing nothing",
  { "cleanup.policy": "compact" },
  async ({ proxy, reader }) => {
    withhold(proxy);
    const { records, nextOffset } = await reader.next(patience());
    assert.deepEqual([records.length, nextOffset], [0, count]);
  },
);

Deno.test({
  name: "KafkaLog waits for a topic that the brokers do not know yet",
  ignore,
  async fn() {
    await using kafka = connectTestKafka();
    await using log = new KafkaLog(testCluster(), realTiming, readOptions);
    const place = { topic: uniqueName("test"), partition: 0 };
    await using reader = log.open(place, { offset: 0 });
    for (let i = 0; i < 2; i++) {
      await assert.rejects(reader.next(patience()), { code: "LOG_UNAVAILABLE" });
    }
    const config = { "retention.ms": "-1" };
    await kafka.ensureTopics([{ name: place.topic, partitions: 1, replicationFactor: 1, config }]);
    await fill(place);
    assert.equal((await offsetsOf(reader)).length, count);
  },
});

async function offsetsOf(reader: PartitionReader): Promise<number[]> {
  const signal = patience();
  const offsets: number[] = [];
  while (offsets.length < count) {
    try {
      offsets.push(...(await reader.next(signal)).records.map(({ offset }) => offset));
    } catch (error) {
      assert.equal((error as { readonly code?: string }).code, "LOG_UNAVAILABLE");
    }
  }
  return offsets;
}
