import { quoted } from "../../src/app/remedies.ts";
import { readStartConfig } from "../../src/app/start_config.ts";
import type { GivenTexts } from "../../src/app/setting.ts";
import { systemClock } from "../../src/base/clock.ts";
import type { KafkaConnection } from "../../src/kafka/connection.ts";
import { kafkaTopics } from "../../src/kafka/job_topics.ts";
import { LevelStateStores } from "../../src/level/state_store.ts";
import { marketChangelog, marketTopics } from "../../src/market/job.ts";
import { summaryWindowMs } from "../../src/market/tables.ts";
import type { StateCodecs } from "../../src/registry/state_codecs.ts";
import type { CommitLog, RecordLog, StateStores } from "../../src/streams/ports.ts";
import type { CutTopology } from "../../src/streams/state/cut_input.ts";
import type { JobTopic } from "../../src/streams/topology/job_topics.ts";
import { type EmbeddedServices, openEmbedded } from "../../src/wiring/embedded.ts";
import { marketStateCodecs } from "../../src/wiring/market_processor.ts";
import { connectState } from "./connections.ts";
import { readStateConfig, type StateConfig } from "./state_config.ts";

/** What of an application's state is changed while nothing runs on it. Owner: the command. */
export interface IdleState extends AsyncDisposable {
  readonly applicationId: string;
  readonly topic: string;
  readonly changelog: string;
  /** Every topic of the job. */
  readonly topics: readonly JobTopic[];
  readonly log: RecordLog;
  readonly commitLog: CommitLog;
  /** Those of this machine. */
  readonly stores: StateStores;
  /** Where they are, for people. */
  readonly folder: string;
  /** How the program is called that works on it, and what stands behind this one's commands. */
  readonly program: "process" | "start";
  readonly options: string;
  /** What of its settings says which windows lack nothing. */
  readonly job: CutTopology;
  codecs(): Promise<StateCodecs>;
  /** Why nothing may be changed now; `undefined` when all is well. */
  obstacle(): Promise<string | undefined>;
  /** Partitions of a topic; `undefined` if there is none of the name. */
  partitionsOf(topic: string): Promise<number | undefined>;
  /** Deletes topics that are there, then creates them all. */
  recreate(topics: readonly JobTopic[], partitions: number): Promise<void>;
  addPartitions(topic: string, partitions: number): Promise<void>;
}

/**
 * Takes the state of `process`, or of `start` in a folder.
 *
 * @throws {PipelineError} `STORE_LOCKED` while the program runs here.
 */
export async function takeIdleState(
  environment: GivenTexts,
  dataDir: string | undefined,
): Promise<IdleState> {
  return dataDir === undefined
    ? await onKafka(readStateConfig(environment))
    : await inFolder(environment, dataDir);
}

async function onKafka(config: StateConfig): Promise<IdleState> {
  const { topic, applicationId, stateDir } = config;
  const changelog = marketChangelog(applicationId);
  await using opening = new AsyncDisposableStack();
  const stores = opening.use(await LevelStateStores.open(stateDir, changelog));
  const { kafka, registry } = await connectState(config);
  opening.use(kafka);
  const resources = opening.move();
  return {
    ...{ applicationId, topic, changelog, stores, program: "process", options: "" },
    job: {
      windows: { sizeMs: summaryWindowMs, graceMs: config.windowGraceMs },
      maxFutureMs: config.maxFutureMs,
    },
    topics: marketTopics(topic, applicationId, { results: config.results.includes("topic") }),
    log: kafka.log(),
    commitLog: kafka.commitLog(applicationId),
    folder: `${stateDir}/${changelog}`,
    codecs: () => marketStateCodecs(registry, applicationId),
    obstacle: () => obstacleOnKafka(kafka, config),
    partitionsOf: async (name) => (await kafka.topicShape(name))?.partitions,
    recreate: (topics, partitions) => recreateOnKafka(kafka, config, topics, partitions),
    addPartitions: (name, partitions) => kafka.addPartitions(name, partitions),
    [Symbol.asyncDispose]: () => resources.disposeAsync(),
  };
}

async function obstacleOnKafka(
  kafka: KafkaConnection,
  { applicationId, topic }: StateConfig,
): Promise<string | undefined> {
  const members = await kafka.groupMemberCount(applicationId);
  if (members > 0) {
    return `group ${applicationId} must have no members: it has ${members}. ` +
      "Stop every instance of process; one that was killed leaves after 15 s";
  }
  if (await kafka.topicShape(topic) !== undefined) return undefined;
  return `the input must be there to be read again: there is no topic "${topic}". ` +
    "Set TOPIC_KAFKA to the topic that process reads";
}

async function recreateOnKafka(
  kafka: KafkaConnection,
  { topic }: StateConfig,
  topics: readonly JobTopic[],
  partitions: number,
): Promise<void> {
  const { replicationFactor = 1 } = await kafka.topicShape(topic) ?? {};
  for (const { name } of topics) {
    if (await kafka.topicShape(name) !== undefined) await kafka.deleteTopic(name);
  }
  await kafka.ensureTopics(kafkaTopics(topics, { partitions, replicationFactor }));
}

async function inFolder(environment: GivenTexts, dataDir: string): Promise<IdleState> {
  const config = readStartConfig(environment, ["--data", dataDir]);
  const { topic, applicationId } = config;
  const embedded: EmbeddedServices = await openEmbedded(config, systemClock);
  const { log, commitLog, stores, schemas, database } = embedded;
  const changelog = marketChangelog(applicationId);
  return {
    ...{ applicationId, topic, changelog, log, commitLog, stores, program: "start" },
    options: ` --data ${quoted(dataDir)}`,
    job: {
      windows: { sizeMs: summaryWindowMs, graceMs: config.windowGraceMs },
      maxFutureMs: config.maxFutureMs,
    },
    topics: marketTopics(topic, applicationId, { results: false }),
    folder: `${dataDir}/state/${changelog}`,
    codecs: () => marketStateCodecs(schemas, applicationId),
    obstacle: () => Promise.resolve(undefined),
    partitionsOf: (name) => Promise.resolve(database.partitionCount(name)),
    async recreate(topics, partitions) {
      for (const { name } of topics) await database.recreate(name, partitions);
    },
    addPartitions: (name, partitions) => database.addPartitions(name, partitions),
    [Symbol.asyncDispose]: () => embedded[Symbol.asyncDispose](),
  };
}
