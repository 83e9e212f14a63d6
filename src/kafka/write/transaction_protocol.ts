import type { TopicPartition } from "../../streams/record.ts";
import type { Cluster } from "../cluster/cluster.ts";
import type { Deadline } from "../cluster/retry.ts";
import { type Broker, sendWire } from "../wire/internals.ts";
import type { WireRequest } from "../wire/wire_request.ts";
import {
  addOffsetsRequest,
  addPartitionsRequest,
  commitOffsetsRequest,
  endRequest,
  initProducerIdRequest,
  type InTransaction,
  type OffsetCommit,
  type ProducerIdentity,
} from "./transaction_requests.ts";

/** Level of the feature `transaction.version` from which on clients speak Transactions V2. */
const transactionsV2 = 2;

/**
 * The requests of one transactional producer, each retried until its deadline.
 *
 * Every one of them may be repeated: adding twice adds once, and ending a transaction a second time
 * answers as the first time did.
 *
 * Where the cluster has Transactions V2 (KIP-890), the brokers add to a transaction what is written
 * in it, and each transaction has an epoch of its own, so that no late request can meet the next
 * one. A level that is lowered while we run takes effect at the next connection.
 *
 * @see Kafka's TransactionManager; docs/adr/0017-transactions.md
 */
export class TransactionClient {
  readonly #cluster: Cluster;
  readonly #transactionalId: string;
  readonly #groupId: string;
  #v2 = false;

  constructor(cluster: Cluster, transactionalId: string, groupId: string) {
    this.#cluster = cluster;
    this.#transactionalId = transactionalId;
    this.#groupId = groupId;
  }

  /** True for Transactions V2; known once `init` was answered. */
  get v2(): boolean {
    return this.#v2;
  }

  /**
   * Fences every earlier producer with this id. The coordinator aborts what they left open and
   * answers `CONCURRENT_TRANSACTIONS` until the markers of their last transaction are written.
   */
  async init(transactionTimeoutMs: number, deadline: Deadline): Promise<ProducerIdentity> {
    const request = initProducerIdRequest(this.#transactionalId, transactionTimeoutMs);
    return await deadline.retry(() =>
      this.#onCoordinator(async (broker) => {
        const identity = await sendWire(broker, request);
        this.#v2 = (broker.features?.get("transaction.version") ?? 0) >= transactionsV2;
        return identity;
      })
    );
  }

  /** Not in V2. */
  async addPartitions(
    identity: ProducerIdentity,
    partitions: readonly TopicPartition[],
    deadline: Deadline,
  ): Promise<void> {
    await this.#ask(addPartitionsRequest(this.#in(identity), partitions), deadline);
  }

  async addOffsets(identity: ProducerIdentity, deadline: Deadline): Promise<void> {
    if (this.#v2) return;
    await this.#ask(addOffsetsRequest(this.#in(identity), this.#groupId), deadline);
  }

  async commitOffsets(
    identity: ProducerIdentity,
    commits: readonly OffsetCommit[],
    deadline: Deadline,
  ): Promise<void> {
    const request = commitOffsetsRequest(this.#in(identity), this.#groupId, {
      commits,
      v2: this.#v2,
    });
    await deadline.retry(() =>
      this.#cluster.onCoordinator("group", this.#groupId, (b) => sendWire(b, request))
    );
  }

  /**
   * One try, so that the caller knows whether an answer was lost.
   *
   * @returns Who writes the next transaction: in V2 another epoch.
   */
  async end(identity: ProducerIdentity, outcome: "commit" | "abort"): Promise<ProducerIdentity> {
    const request = endRequest(this.#in(identity), {
      committed: outcome === "commit",
      v2: this.#v2,
    });
    return await this.#onCoordinator((broker) => sendWire(broker, request));
  }

  /**
   * Ends a transaction that holds nothing, so that its marker reaches partitions and the group's
   * position; by requests of its own in V2 too, where only what is written is added.
   */
  async close(
    identity: ProducerIdentity,
    { partitions, end }: {
      readonly partitions: readonly TopicPartition[];
      readonly end: "commit" | "abort";
    },
    deadline: Deadline,
  ): Promise<void> {
    const transaction = this.#in(identity);
    await this.#ask(addPartitionsRequest(transaction, partitions), deadline);
    await this.#ask(addOffsetsRequest(transaction, this.#groupId), deadline);
    const request = endRequest(transaction, { committed: end === "commit", v2: false });
    await this.#ask(request, deadline);
  }

  #in(identity: ProducerIdentity): InTransaction {
    return { ...identity, transactionalId: this.#transactionalId };
  }

  #ask<T>(request: WireRequest<T>, deadline: Deadline): Promise<T> {
    return deadline.retry(() => this.#onCoordinator((broker) => sendWire(broker, request)));
  }

  #onCoordinator<T>(call: (broker: Broker) => Promise<T>): Promise<T> {
    return this.#cluster.onCoordinator("transaction", this.#transactionalId, call);
  }
}
