import type { Offset, TopicPartition } from "../../streams/record.ts";
import type { Cluster } from "../cluster.ts";
import type { Broker, ProducerIdentity } from "../wire/internals.ts";
import type { Deadline } from "../retry.ts";

/** Input position to be committed in a transaction. */
export interface OffsetCommit extends TopicPartition {
  readonly offset: Offset;
  readonly metadata: string;
}

/**
 * The requests of one transactional producer, each retried until its deadline.
 *
 * Every one of them may be repeated: adding twice adds once, and ending a transaction a second
 * time in the same epoch answers as the first time did.
 */
export class TransactionClient {
  readonly #cluster: Cluster;
  readonly #transactionalId: string;
  readonly #groupId: string;

  constructor(cluster: Cluster, transactionalId: string, groupId: string) {
    this.#cluster = cluster;
    this.#transactionalId = transactionalId;
    this.#groupId = groupId;
  }

  /**
   * Fences every earlier producer with this id. The coordinator aborts what they left open and
   * answers `CONCURRENT_TRANSACTIONS` until the markers of their last transaction are written.
   */
  async init(transactionTimeoutMs: number, deadline: Deadline): Promise<ProducerIdentity> {
    const { producerId, producerEpoch } = await this.#ask(
      deadline,
      (broker) =>
        broker.initProducerId({
          transactionalId: this.#transactionalId,
          transactionTimeout: transactionTimeoutMs,
        }),
    );
    return { producerId, producerEpoch };
  }

  async addPartitions(
    identity: ProducerIdentity,
    partitions: readonly TopicPartition[],
    deadline: Deadline,
  ): Promise<void> {
    const topics = [...Map.groupBy(partitions, ({ topic }) => topic)].map(([topic, of]) => ({
      topic,
      partitions: of.map(({ partition }) => partition),
    }));
    await this.#ask(
      deadline,
      (broker) => broker.addPartitionsToTxn({ ...this.#in(identity), topics }),
    );
  }

  async addOffsets(identity: ProducerIdentity, deadline: Deadline): Promise<void> {
    await this.#ask(
      deadline,
      (broker) => broker.addOffsetsToTxn({ ...this.#in(identity), groupId: this.#groupId }),
    );
  }

  async commitOffset(
    identity: ProducerIdentity,
    { topic, partition, offset, metadata }: OffsetCommit,
    deadline: Deadline,
  ): Promise<void> {
    const partitions = [{ partition, offset: String(offset), metadata }];
    const request = {
      ...this.#in(identity),
      groupId: this.#groupId,
      topics: [{ topic, partitions }],
    };
    await deadline.retry(() =>
      this.#cluster.onCoordinator("group", this.#groupId, (b) => b.txnOffsetCommit(request))
    );
  }

  /** One try, so that the caller knows whether an answer was lost. */
  async end(identity: ProducerIdentity, outcome: "commit" | "abort"): Promise<void> {
    const request = { ...this.#in(identity), transactionResult: outcome === "commit" };
    await this.#onCoordinator((broker) => broker.endTxn(request));
  }

  #in(identity: ProducerIdentity): ProducerIdentity & { readonly transactionalId: string } {
    return { ...identity, transactionalId: this.#transactionalId };
  }

  #ask<T>(deadline: Deadline, call: (broker: Broker) => Promise<T>): Promise<T> {
    return deadline.retry(() => this.#onCoordinator(call));
  }

  #onCoordinator<T>(call: (broker: Broker) => Promise<T>): Promise<T> {
    return this.#cluster.onCoordinator("transaction", this.#transactionalId, call);
  }
}
