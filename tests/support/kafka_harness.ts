import { silentLogger } from "../../src/base/logger.ts";
import { connectKafka, type KafkaConnection } from "../../src/kafka/connection.ts";
import type { LogHarness } from "../contract/log_harness.ts";
import { uniqueName } from "../contract/log_harness.ts";

const variable = "KAFKA_URL";

/** Brokers to test with, or none. */
export function kafkaBrokers(): readonly string[] {
  const { state } = Deno.permissions.querySync({ name: "env", variable });
  const url = state === "granted" ? Deno.env.get(variable) : undefined;
  return url === undefined || url === "" ? [] : url.split(",");
}

/** A connection as a process of its own would have it. */
export function connectTestKafka(): KafkaConnection {
  return connectKafka({
    brokers: kafkaBrokers(),
    clientId: uniqueName("test"),
    logger: silentLogger,
  });
}

/** Creates a topic with a new name. */
export async function createTestTopic(
  kafka: KafkaConnection,
  partitions: number,
  config: Readonly<Record<string, string>> = {},
): Promise<string> {
  const name = uniqueName("test");
  await kafka.ensureTopics([{ name, partitions, replicationFactor: 1, config }]);
  return name;
}

/** Kafka behind the contract suites. */
export function kafkaHarness(): Promise<LogHarness> {
  const kafka = connectTestKafka();
  return Promise.resolve(
    {
      log: kafka.log(),
      createTopic: (partitions: number) => createTestTopic(kafka, partitions),
      appender: () => kafka.appender(),
      commitLog: (applicationId: string) => kafka.commitLog(applicationId),
      membership: (applicationId: string) => kafka.membership(applicationId),
      truncate: (partition, before) => kafka.deleteRecords(partition, before),
      [Symbol.asyncDispose]: () => kafka[Symbol.asyncDispose](),
    } satisfies LogHarness,
  );
}
