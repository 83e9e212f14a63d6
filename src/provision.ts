/**
 * `deno task provision`: topics, subjects, keyspace and tables.
 */
import { type MainContext, runMain } from "./app/lifecycle.ts";
import { type ProvisionConfig, provisionProgram } from "./app/provision_config.ts";
import { patiently } from "./base/patience.ts";
import { connectCassandra } from "./cassandra/connect.ts";
import { connectKafka } from "./kafka/connection.ts";
import { kafkaTopics } from "./kafka/job_topics.ts";
import type { TopicOutcome } from "./kafka/cluster/topics.ts";
import { marketTopics, resultsTopic } from "./market/job.ts";
import { createResultCodec } from "./registry/result_codec.ts";
import { AvroTradeCodec } from "./registry/trade_codec.ts";
import { type Authorities, readAuthorities } from "./wiring/authorities.ts";
import { cassandraOptions } from "./wiring/cassandra.ts";
import { kafkaOptions } from "./wiring/kafka.ts";
import { marketStateCodecs } from "./wiring/market_processor.ts";
import { schemaRegistry } from "./wiring/registry.ts";

interface Job {
  readonly config: ProvisionConfig;
  readonly context: MainContext;
  readonly authorities: Authorities;
}

async function provision(config: ProvisionConfig, context: MainContext): Promise<void> {
  const authorities = await readAuthorities(provisionProgram.name, config);
  const job = { config, context, authorities };
  await patiently("provide the topics", () => provideTopics(job), context);
  await patiently("register the schemas", () => provideSubjects(job), context);
  if (!config.results.includes("cassandra")) return;
  await patiently("provide the tables", () => provideTables(job), context);
}

async function provideTopics({ config, context, authorities }: Job): Promise<void> {
  const { topicPartitions, topicReplication, topic, applicationId, results } = config;
  await using kafka = connectKafka(
    kafkaOptions(config, context, { clientId: "provision", authorities }),
  );
  const replicationFactor = topicReplication === "auto"
    ? Math.min(3, await kafka.brokerCount())
    : topicReplication;
  const topics = marketTopics(topic, applicationId, { results: results.includes("topic") });
  // Partitions of an input that exists cannot change, and the others must have as many.
  const partitions = (await kafka.topicShape(topic))?.partitions ?? topicPartitions;
  const specs = kafkaTopics(topics, { partitions, replicationFactor })
    .map((spec) => spec.name === topic ? { ...spec, partitions: topicPartitions } : spec);
  for (const outcome of await kafka.ensureTopics(specs)) reportTopic(outcome, context);
}

function reportTopic(outcome: TopicOutcome, { logger }: MainContext): void {
  if (outcome.outcome !== "differs") {
    return logger.info(`topic ${outcome.name}: ${outcome.outcome}`);
  }
  const differences = outcome.differences
    .map(({ setting, wanted, actual }) => `${setting} is ${actual}, not ${wanted}`);
  logger.warn(`topic ${outcome.name}: exists and stays as it is: ${differences.join("; ")}`);
}

async function provideSubjects({ config, context, authorities }: Job): Promise<void> {
  const { clock, logger } = context;
  const { topic, applicationId, firstRun, extraSubject, results } = config;
  const registry = schemaRegistry(config, authorities, clock);
  const also = firstRun ? { subjectAlso: extraSubject } : {};
  await AvroTradeCodec.create({ registry, topic, clock, ...also });
  await marketStateCodecs(registry, applicationId);
  const published = results.includes("topic") ? resultsTopic(applicationId) : undefined;
  if (published !== undefined) await createResultCodec({ registry, topic: published, clock });
  const subjects = [
    `${topic}-value`,
    ...firstRun ? [extraSubject] : [],
    ...published === undefined ? [] : [`${published}-value`],
  ];
  logger.info(`subjects: ${subjects.join(", ")} and those of the state`);
}

async function provideTables({ config, context, authorities }: Job): Promise<void> {
  const replicationFactor = config.cassandraReplicationFactor;
  await using cassandra = await connectCassandra(
    cassandraOptions(config, context, { replicationFactor, authorities }),
  );
  const { keyspace, outcomes } = await cassandra.migrate();
  for (const { file, target, outcome } of outcomes) {
    context.logger.info(`keyspace ${keyspace}: ${file} (${target}): ${outcome}`);
  }
}

if (import.meta.main) await runMain(provisionProgram, provision);
