/** `deno task provision` on topics and tables that somebody else made. */
import assert from "node:assert/strict";
import { dropKeyspace } from "../support/cassandra_keyspace.ts";
import { connectTestKafka, createTestTopic, kafkaBrokers } from "../support/kafka_harness.ts";
import { Pipeline } from "../support/pipeline.ts";
import { realServices } from "../support/services.ts";

const ignore = kafkaBrokers().length === 0;

/** Provisioning had made the other topics with `TOPIC_PARTITIONS`, and `process` refused them. */
Deno.test({
  name: "provision gives every topic the partitions of an input that exists",
  ignore,
  async fn() {
    await using services = await realServices({ kafka: true, registry: true, cassandra: true });
    await using kafka = connectTestKafka();
    const topic = await createTestTopic(kafka, 3);
    const name = crypto.randomUUID().slice(0, 8);
    await using pipeline = new Pipeline({
      services: services.environment,
      name,
      stateDir: "",
      frames: "",
      symbols: [],
    });
    await pipeline.provision({ TOPIC_KAFKA: topic, TOPIC_PARTITIONS: "2" });
    const { application } = pipeline;
    const own = ["windows-changelog", "repartition"].map((suffix) => `${application}-${suffix}`);
    for (const name of [topic, ...own, `${topic}-late`, `${topic}-dead-letters`]) {
      assert.equal((await kafka.topicShape(name))?.partitions, 3, name);
    }
    await dropKeyspace(pipeline.keyspace);
  },
});
