import { systemClock } from "../../src/base/clock.ts";
import { silentLogger } from "../../src/base/logger.ts";
import { connectKafka, type KafkaConnection } from "../../src/kafka/connection.ts";
import { Cluster } from "../../src/kafka/cluster/cluster.ts";
import {
  type Broker,
  createBroker,
  createKafkajsLogger,
  kafkajsLevels,
} from "../../src/kafka/wire/internals.ts";
import type { ReadOptions } from "../../src/kafka/read/log.ts";
import type { Timing } from "../../src/kafka/cluster/retry.ts";
import { socketMaker } from "../../src/kafka/wire/security.ts";
import type { TransactionOptions } from "../../src/kafka/write/transaction_writer.ts";
import { systemRandom } from "../../src/base/random.ts";
import { type LogHarness, type MemberOptions, uniqueName } from "../contract/log_harness.ts";
import { KafkaProxy } from "./kafka_proxy.ts";

const variable = "KAFKA_URL";

/** Brokers to test with, or none. */
export function kafkaBrokers(): readonly string[] {
  const { state } = Deno.permissions.querySync({ name: "env", variable });
  const url = state === "granted" ? Deno.env.get(variable) : undefined;
  return url === undefined || url === "" ? [] : url.split(",");
}

/** A connection as a process of its own would have it. */
export function connectTestKafka(brokers: readonly string[] = kafkaBrokers()): KafkaConnection {
  return connectKafka({
    brokers,
    clientId: uniqueName("test"),
    logger: silentLogger,
  });
}

/**
 * Creates a topic with a new name. It keeps records of any age: those of the tests have times of
 * long ago, which retention would go by.
 */
export async function createTestTopic(
  kafka: KafkaConnection,
  partitions: number,
  config: Readonly<Record<string, string>> = {},
): Promise<string> {
  const name = uniqueName("test");
  const kept = { "retention.ms": "-1", ...config };
  await kafka.ensureTopics([{ name, partitions, replicationFactor: 1, config: kept }]);
  return name;
}

/** Kafka behind the contract suites. */
export function kafkaHarness(): Promise<LogHarness> {
  const kafka = connectTestKafka();
  return Promise.resolve(
    {
      log: kafka.log(),
      createTopic: (partitions: number) => createTestTopic(kafka, partitions),
      createSmallTopic: () => createTestTopic(kafka, 1, { "max.message.bytes": "20000" }),
      appender: () => kafka.appender(),
      commitLog: (applicationId: string) => kafka.commitLog(applicationId),
      membership: (applicationId: string, options?: MemberOptions) =>
        kafka.membership(applicationId, options),
      async recreateTopic(name, partitions) {
        await kafka.deleteTopic(name);
        await kafka.ensureTopics([{ name, partitions, replicationFactor: 1, config: {} }]);
      },
      truncate: (partition, before) => kafka.deleteRecords(partition, before),
      [Symbol.asyncDispose]: () => kafka[Symbol.asyncDispose](),
    } satisfies LogHarness,
  );
}

/** The machine's own clock and chance. */
export const realTiming: Timing = { clock: systemClock, random: systemRandom };

/** Bounds as the connection sets them, with room for a test's own. */
export const transactionOptions: TransactionOptions = {
  batchBytesMax: 1_000_000,
  requestBytesMax: 8_000_000,
  replicationTimeoutMs: 10_000,
  compression: "none",
  commitTimeoutMs: 20_000,
  transactionTimeoutMs: 60_000,
};

/** Bounds as the connection sets them, with room for a test's own. */
export const readOptions: ReadOptions = {
  maxWaitMs: 100,
  maxBytes: 16_000_000,
  maxBytesPerPartition: 1_000_000,
  bufferedBytesMax: 2_000_000,
  unavailableAfterMs: 1_000,
};

/** How connections of a test differ from those of a program. */
export interface TestClusterOptions {
  readonly requestTimeoutMs?: number;
  /** False where the cluster is to be taken for one without Transactions V2. */
  readonly transactionsV2?: boolean;
}

/** Connections to the first broker, straight or through a proxy's port. */
export function testCluster(port?: number, options: TestClusterOptions = {}): Cluster {
  const { requestTimeoutMs = 15_000, transactionsV2 = true } = options;
  const [first = ""] = kafkaBrokers();
  const [host = "", brokerPort] = first.split(":");
  return new Cluster([first], () => {
    const broker = createBroker({
      host: port === undefined ? host : "127.0.0.1",
      port: port ?? Number(brokerPort),
      clientId: "test",
      logger: createKafkajsLogger(kafkajsLevels.ERROR, () => {}),
      connectionTimeoutMs: 5_000,
      requestTimeoutMs,
      socketMaker: socketMaker({}),
    });
    return transactionsV2 ? broker : withoutFeatures(broker);
  });
}

function withoutFeatures(broker: Broker): Broker {
  return Object.defineProperty(broker, "features", { get: () => new Map(), set() {} });
}

/** A proxy before the first broker. */
export function testProxy(): KafkaProxy {
  const [hostname = "", port] = (kafkaBrokers()[0] ?? "").split(":");
  return new KafkaProxy({ hostname, port: Number(port) });
}
