import { type Clock, systemClock } from "../base/clock.ts";
import type { Logger } from "../base/logger.ts";
import { type Random, systemRandom } from "../base/random.ts";
import type { CommitLog, GroupMembership, RecordAppender, RecordLog } from "../streams/ports.ts";
import { type Offset, partitionName, type TopicPartition } from "../streams/record.ts";
import {
  type AclEntry,
  addPartitions,
  createAcls,
  deleteTopic,
  groupMemberCount,
  type TopicShape,
  topicShape,
} from "./cluster/admin.ts";
import { type AppenderOptions, KafkaAppender } from "./write/appender.ts";
import { type BrokerMaker, Cluster } from "./cluster/cluster.ts";
import { KafkaCommitLog } from "./write/commit_log.ts";
import type { Compression } from "./wire/compression.ts";
import {
  type BrokerOptions,
  createBroker,
  createKafkajsLogger,
  kafkajsLevels,
} from "./wire/internals.ts";
import { bridgeLogEntry } from "./wire/kafkajs_log.ts";
import { toPipelineError } from "./wire/errors.ts";
import { KafkaLog, type ReadOptions } from "./read/log.ts";
import { KafkaMembership, type MembershipOptions } from "./group/membership.ts";
import { tellingListener } from "./wire/listener_probe.ts";
import type { RefusalReason } from "./write/refusals.ts";
import type { ProduceLimits } from "./write/producer_session.ts";
import type { Timing } from "./cluster/retry.ts";
import { type KafkaSecurity, saslOptions, socketMaker } from "./wire/security.ts";
import type { TransactionOptions } from "./write/transaction_writer.ts";
import {
  deleteRecords,
  ensureTopics,
  type TopicOutcome,
  type TopicSpec,
} from "./cluster/topics.ts";

/** How Kafka is reached. */
export interface KafkaOptions {
  /** `host:port` of some brokers; the others are learnt from them. */
  readonly brokers: readonly string[];
  /** Names the program in the logs and quotas of the brokers. */
  readonly clientId: string;
  /** Told of connections and of what brokers refuse. */
  readonly logger: Logger;
  /** For tests; the machine's own without it. */
  readonly clock?: Clock;
  /** For tests; the machine's own without it. */
  readonly random?: Random;
  /** What the brokers' listener wants; nothing by default. */
  readonly security?: KafkaSecurity;
  /** Of what is written; every reader must know the codec. */
  readonly compression?: Compression;
  /** Ends every connection when it fires: no answer is worth waiting for any more. */
  readonly cut?: AbortSignal;
}

/** Time to open a connection, ms. */
const connectionTimeoutMs = 5_000;
/** Time for an answer, ms; longer than `replicationTimeoutMs`. */
const requestTimeoutMs = 15_000;

const produceLimits = {
  // Below max.message.bytes (1,048,588) with room for the batch's header.
  batchBytesMax: 1_000_000,
  requestBytesMax: 8_000_000,
  replicationTimeoutMs: 10_000,
} as const;

const readOptions: ReadOptions = {
  maxWaitMs: 100,
  maxBytes: 16_000_000,
  maxBytesPerPartition: 1_000_000,
  bufferedBytesMax: 4_000_000,
  unavailableAfterMs: 3_000,
};

/**
 * The way to one Kafka cluster; everything of this folder is made from it.
 *
 * Nothing is connected before it is used, so that a program starts while Kafka is down. **Owner:**
 * the main; disposing closes every connection made from it, after what was made from it was
 * disposed of.
 */
export class KafkaConnection implements AsyncDisposable {
  readonly #options: KafkaOptions;
  readonly #timing: Timing;
  readonly #owned = new AsyncDisposableStack();
  readonly #kafkajsLogger: BrokerOptions["logger"];
  /** Refusals that the log has named: one line for each reason of a topic. */
  readonly #refusalsNamed = new Set<string>();

  /** Connects to nothing yet. */
  constructor(options: KafkaOptions) {
    this.#options = options;
    const { clock = systemClock, random = systemRandom, logger } = options;
    this.#timing = { clock, random };
    this.#kafkajsLogger = createKafkajsLogger(
      kafkajsLevels.INFO,
      (entry) => bridgeLogEntry(logger, entry),
    );
  }

  /** A log to read from; closed with the connection. */
  log(options: Partial<ReadOptions> = {}): RecordLog & AsyncDisposable {
    const log = new KafkaLog(this.#newCluster(), this.#timing, { ...readOptions, ...options });
    return this.#owned.use(log);
  }

  /** An appender; its owner disposes of it before the connection. */
  appender(options: Partial<AppenderOptions> = {}): RecordAppender {
    return new KafkaAppender(this.#ownCluster(), this.#timing, {
      ...this.#limits(),
      deliveryTimeoutMs: 30_000,
      ...options,
    });
  }

  /** The transactions of an application. */
  commitLog(applicationId: string, options: Partial<TransactionOptions> = {}): CommitLog {
    return new KafkaCommitLog(this.#ownCluster(), applicationId, this.#timing, {
      ...this.#limits(),
      commitTimeoutMs: 20_000,
      transactionTimeoutMs: 60_000,
      onMarkersGiven: (input, end) =>
        this.#options.logger.warn(
          `Kafka had left a transaction without its end: it is ${
            end === "commit" ? "committed" : "aborted"
          } now`,
          { partition: partitionName(input) },
        ),
      ...options,
    });
  }

  /** A member of an application's group. */
  membership(applicationId: string, options: Partial<MembershipOptions> = {}): GroupMembership {
    const { logger } = this.#options;
    return new KafkaMembership(() => this.#newCluster(), this.#timing, logger, {
      groupId: applicationId,
      sessionTimeoutMs: 15_000,
      rebalanceTimeoutMs: 30_000,
      heartbeatIntervalMs: 500,
      standbyReplicas: 0,
      ...options,
    });
  }

  /** Brokers of the cluster that are up. */
  async brokerCount(): Promise<number> {
    await using cluster = this.#newCluster();
    try {
      return await cluster.brokerCount();
    } catch (error) {
      throw toPipelineError(error, "count the brokers", {});
    }
  }

  /** Creates the topics that are missing, and says in what the others differ. */
  async ensureTopics(specs: readonly TopicSpec[]): Promise<TopicOutcome[]> {
    await using cluster = this.#newCluster();
    return await ensureTopics(cluster, specs, this.#timing);
  }

  /** Members of a group, dead ones included whose session has not ended yet. */
  async groupMemberCount(groupId: string): Promise<number> {
    await using cluster = this.#newCluster();
    return await groupMemberCount(cluster, groupId, this.#timing);
  }

  /** How a topic is spread; `undefined` if it does not exist. */
  async topicShape(topic: string): Promise<TopicShape | undefined> {
    await using cluster = this.#newCluster();
    return await topicShape(cluster, topic, this.#timing);
  }

  /** Gives a topic more partitions, empty ones. */
  async addPartitions(topic: string, count: number): Promise<void> {
    await using cluster = this.#newCluster();
    await addPartitions(cluster, topic, count, this.#timing);
  }

  /** Gives users rights, for which the login must be that of an administrator. */
  async createAcls(entries: readonly AclEntry[]): Promise<void> {
    await using cluster = this.#newCluster();
    await createAcls(cluster, entries, this.#timing);
  }

  /** Deletes a topic and waits until it is gone. */
  async deleteTopic(topic: string): Promise<void> {
    await using cluster = this.#newCluster();
    await deleteTopic(cluster, topic, this.#timing);
  }

  /** Removes the records of a partition before an offset, permanently. */
  async deleteRecords(partition: TopicPartition, before: Offset): Promise<void> {
    await using cluster = this.#newCluster();
    await deleteRecords(cluster, partition, before, this.#timing);
  }

  /** Closes every connection. */
  async [Symbol.asyncDispose](): Promise<void> {
    await this.#owned.disposeAsync();
  }

  #limits(): ProduceLimits {
    return {
      ...produceLimits,
      compression: this.#options.compression ?? "none",
      onRefused: (topic, reason) => this.#nameRefusal(topic, reason),
    };
  }

  #nameRefusal(topic: string, reason: RefusalReason): void {
    if (this.#refusalsNamed.has(`${topic} ${reason}`)) return;
    this.#refusalsNamed.add(`${topic} ${reason}`);
    this.#options.logger.warn(refusalTexts[reason], { topic });
  }

  #ownCluster(): Cluster {
    return this.#owned.use(this.#newCluster());
  }

  #newCluster(): Cluster {
    const { brokers, clientId, security = {}, cut } = this.#options;
    const sasl = saslOptions(security);
    const makeBroker: BrokerMaker = ({ host, port }) => {
      const broker = createBroker({
        host,
        port,
        clientId,
        logger: this.#kafkajsLogger,
        connectionTimeoutMs,
        requestTimeoutMs,
        socketMaker: socketMaker(security),
        ...(sasl === undefined ? {} : { sasl }),
      });
      return tellingListener(broker, { host, port, security });
    };
    return new Cluster(brokers, makeBroker, cut);
  }
}

/** What the log says of refusals that are dealt with. */
const refusalTexts: Readonly<Record<RefusalReason, string>> = {
  size:
    "Kafka does not take batches of the usual size for a topic: they are sent in smaller ones; " +
    "its max.message.bytes is small",
  timestamp:
    "Kafka does not take the timestamps of records: they are sent without, and keep them " +
    "in the header stamped-at; compare this machine's clock with the brokers'",
};

/** The way to a cluster; connects on first use. */
export function connectKafka(options: KafkaOptions): KafkaConnection {
  return new KafkaConnection(options);
}
