/** Which versions of the protocol are spoken with a broker, and what a foreign one is told. */
import assert from "node:assert/strict";
import type { Buffer } from "node:buffer";
import { KafkaLog } from "../../src/kafka/read/log.ts";
import { patience, uniqueName } from "../contract/log_harness.ts";
import {
  connectTestKafka,
  createTestTopic,
  kafkaBrokers,
  readOptions,
  realTiming,
  testCluster,
  testProxy,
} from "../support/kafka_harness.ts";
import { apiKeys } from "../support/kafka_proxy.ts";

const ignore = kafkaBrokers().length === 0;

/** Size and correlation id, then error code and number of ranges of ApiVersions 2. */
const rangesAt = 4 + 4 + 2 + 4;

/** Says in an ApiVersions 2 answer that another range of a request is spoken. */
function speakingOnly(answer: Buffer, wanted: number, [min, max]: [number, number]): Buffer {
  const isFlexible = answer.readInt32BE(rangesAt - 4) > 1_000;
  if (isFlexible) return answer;
  for (let at = rangesAt; at + 6 <= answer.length; at += 6) {
    if (answer.readInt16BE(at) !== wanted) continue;
    answer.writeInt16BE(min, at + 2);
    answer.writeInt16BE(max, at + 4);
    break;
  }
  return answer;
}

Deno.test({
  name: "Cluster learns the features of the cluster when it connects",
  ignore,
  async fn() {
    await using cluster = testCluster();
    const features = await cluster.onAny((broker) => Promise.resolve(broker.features));
    assert.ok((features?.get("metadata.version") ?? 0) > 0);
  },
});

for (const [what, range] of [["an older", [0, 3]], ["a newer", [90, 99]]] as const) {
  Deno.test({
    name: `KafkaLog ends with BROKER_UNSUITABLE at ${what} broker, once and at once`,
    ignore,
    async fn() {
      await using kafka = connectTestKafka();
      const topic = await createTestTopic(kafka, 1);
      await using proxy = testProxy();
      proxy.rewrite = (apiKey, answer) =>
        apiKey === apiKeys.apiVersions ? speakingOnly(answer, apiKeys.fetch, [...range]) : answer;
      await using log = new KafkaLog(testCluster(proxy.port), realTiming, readOptions);
      await using reader = log.open({ topic, partition: 0 }, { offset: 0 });
      await assert.rejects(reader.next(patience()), (error: Error & { code?: string }) => {
        assert.equal(error.code, "BROKER_UNSUITABLE");
        assert.match(error.message, /speaks Fetch \d+ to \d+, this program \d+ to \d+$/);
        return true;
      });
    },
  });
}

Deno.test({
  name: "whatever is asked first of a broker before Kafka 3.6 ends with BROKER_UNSUITABLE",
  ignore,
  async fn() {
    await using proxy = testProxy();
    proxy.rewrite = (apiKey, answer) =>
      apiKey === apiKeys.apiVersions ? speakingOnly(answer, apiKeys.addPartitions, [0, 3]) : answer;
    await using kafka = connectTestKafka([`127.0.0.1:${proxy.port}`]);
    const spec = { name: uniqueName("test"), partitions: 1, replicationFactor: 1, config: {} };
    const isOld = { code: "BROKER_UNSUITABLE", message: /is older than Kafka 3\.6$/ };
    await assert.rejects(kafka.brokerCount(), isOld);
    await assert.rejects(kafka.topicShape(spec.name), isOld);
    await assert.rejects(kafka.ensureTopics([spec]), isOld);
    await assert.rejects(kafka.groupMemberCount("group"), isOld);
  },
});

Deno.test({
  name: "ensureTopics() names the settings of a topic where the broker does not know one",
  ignore,
  async fn() {
    await using kafka = connectTestKafka();
    const config = { "cleanup.policy": "compact", "no.such.setting": "1" };
    const spec = { name: uniqueName("test"), partitions: 1, replicationFactor: 1, config };
    await assert.rejects(kafka.ensureTopics([spec]), {
      code: "TOPIC_UNSUITABLE",
      message: /with cleanup\.policy=compact, no\.such\.setting=1 as/,
    });
  },
});
