/**
 * Jobs over Kafka: `kafka` is where to begin, the rest is for what jobs do not do, and for those who
 * put the ports together themselves.
 *
 * @module
 */
import { type Clock, systemClock } from "../base/clock.ts";
import { type Logger, silentLogger } from "../base/logger.ts";
import { type Random, systemRandom } from "../base/random.ts";
import { connectKafka, type KafkaConnection, type KafkaOptions } from "../kafka/connection.ts";
import { kafkaTopics } from "../kafka/job_topics.ts";
import { LevelStateStores } from "../level/state_store.ts";
import type { AnyJob, JobServices, Runtime } from "../streams/app/runtime.ts";
import { jobTopics } from "../streams/topology/job_topics.ts";
import { changelogTopic, otherInputs } from "../streams/topology/topology.ts";
import { ProcessSignals } from "./process_signals.ts";

export { connectKafka, KafkaConnection, type KafkaOptions } from "../kafka/connection.ts";
export { kafkaTopics } from "../kafka/job_topics.ts";
export type { AclEntry, TopicShape } from "../kafka/cluster/admin.ts";
export type { TopicDifference, TopicOutcome, TopicSpec } from "../kafka/cluster/topics.ts";
export type { GroupOptions } from "../kafka/group/group_client.ts";
export type { MembershipOptions } from "../kafka/group/membership.ts";
export type { FetchLimits } from "../kafka/read/fetch_protocol.ts";
export type { ReadOptions } from "../kafka/read/log.ts";
export type { Compression } from "../kafka/wire/compression.ts";
export type { KafkaSecurity, SaslMechanism } from "../kafka/wire/security.ts";
export type { AppenderOptions } from "../kafka/write/appender.ts";
export type { ProduceLimits } from "../kafka/write/producer_session.ts";
export type { RefusalReason } from "../kafka/write/refusals.ts";
export type { TransactionOptions } from "../kafka/write/transaction_writer.ts";
export { Secret } from "../base/secret.ts";

/** Where jobs run that read and write Kafka. */
export interface KafkaRuntimeOptions extends Partial<Pick<KafkaOptions, "logger" | "security">> {
  /** `host:port` of some brokers. */
  readonly brokers: readonly string[];
  /** Folder of the local state: of this instance alone. */
  readonly stateDir: string;
  /** Of an input that does not exist yet; 2 without it. */
  readonly partitions?: number;
  /** Of topics that do not exist yet; 3, or as many as there are brokers, without it. */
  readonly replicationFactor?: number;
  /** Instances that keep a copy of each task's state besides its owner; 0 without it. */
  readonly standbyReplicas?: number;
}

/**
 * Runs jobs over Kafka: any number of instances share the partitions of each input.
 *
 * Topics that are missing are created, with as many partitions as the input. Where the state folder
 * is lost, the changelog has the state.
 *
 * @throws {PipelineError} `LOG_UNAVAILABLE`; `STORE_LOCKED` if another process has the folder.
 */
export async function kafka(options: KafkaRuntimeOptions): Promise<KafkaRuntime> {
  const { brokers, logger = silentLogger, security = {} } = options;
  const connection = connectKafka({ brokers, clientId: "streams", logger, security });
  const replicationFactor = options.replicationFactor ??
    Math.min(3, await connection.brokerCount());
  return new KafkaRuntime(connection, { ...options, replicationFactor });
}

/** See `kafka`. */
export class KafkaRuntime implements Runtime {
  /** That of the machine. */
  readonly clock: Clock = systemClock;
  /** Unpredictable. */
  readonly random: Random = systemRandom;
  /** As it was given. */
  readonly logger: Logger;
  /** For what jobs do not do: to write input, to read results. */
  readonly connection: KafkaConnection;
  readonly #options: KafkaRuntimeOptions & { readonly replicationFactor: number };
  readonly #resources = new AsyncDisposableStack();
  readonly #signals: ProcessSignals;
  /** By job: as `open` can be repeated. */
  readonly #stores = new Map<string, LevelStateStores>();

  /** @internal */
  constructor(
    connection: KafkaConnection,
    options: KafkaRuntimeOptions & { readonly replicationFactor: number },
  ) {
    this.connection = this.#resources.use(connection);
    this.#signals = this.#resources.use(new ProcessSignals());
    this.#options = options;
    this.logger = options.logger ?? silentLogger;
  }

  /** Fires at SIGINT and SIGTERM. */
  get stopped(): AbortSignal {
    return this.#signals.stopped;
  }

  /** See `Runtime`. */
  async open(jobs: readonly AnyJob[]): Promise<readonly JobServices[]> {
    const services: JobServices[] = [];
    for (const job of jobs) services.push(await this.#servicesOf(job));
    return services;
  }

  async #servicesOf(job: AnyJob): Promise<JobServices> {
    const { connection } = this;
    const { stateDir, replicationFactor, standbyReplicas = 0 } = this.#options;
    const { name, source, store } = job;
    const partitions = await this.#partitionsOf([source.topic, ...otherInputs(job)]);
    const topics = kafkaTopics(jobTopics(name, job), { partitions, replicationFactor });
    await connection.ensureTopics(topics);
    const changelog = changelogTopic(name, store);
    const stores = this.#stores.get(name) ??
      this.#resources.use(await LevelStateStores.open(stateDir, changelog));
    this.#stores.set(name, stores);
    const identityFile = `${stateDir}/${changelog}/identity`;
    return {
      ports: { log: connection.log(), commitLog: connection.commitLog(name), stores },
      membership: connection.membership(name, { identityFile, standbyReplicas }),
    };
  }

  /** Those of the first input that exists: those that do not are made alike. */
  async #partitionsOf(inputs: readonly string[]): Promise<number> {
    for (const topic of inputs) {
      const shape = await this.connection.topicShape(topic);
      if (shape !== undefined) return shape.partitions;
    }
    return this.#options.partitions ?? 2;
  }

  /** Closes stores, then connections. */
  async [Symbol.asyncDispose](): Promise<void> {
    await this.#resources.disposeAsync();
  }
}
