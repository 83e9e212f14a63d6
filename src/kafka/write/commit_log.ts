import type {
  CommitLog,
  CommittedOffset,
  FencedWriter,
  GroupPosition,
  OwnOutputs,
} from "../../streams/ports.ts";
import { type Offset, partitionName, type TopicPartition } from "../../streams/record.ts";
import type { Cluster } from "../cluster/cluster.ts";
import { toPipelineError } from "../wire/errors.ts";
import { sendWire } from "../wire/internals.ts";
import { listOffsetsRequest, offsetFetchRequest } from "../wire/offsets_protocol.ts";
import { Deadline, type Timing } from "../cluster/retry.ts";
import { giveLostMarkers, type MarkerSearch } from "./lost_markers.ts";
import { TransactionClient } from "./transaction_protocol.ts";
import type { ProducerIdentity } from "./transaction_requests.ts";
import { type TransactionOptions, TransactionWriter } from "./transaction_writer.ts";

/**
 * The transactional id of an input partition: its holder owns the partition.
 *
 * A slash is in no name of an application or topic, so that no two partitions share an id.
 */
export function transactionalIdOf(applicationId: string, input: TopicPartition): string {
  return `${applicationId}/${partitionName(input)}`;
}

/**
 * Transactions with one transactional id per input partition.
 *
 * Kafka knows the group of an application and its transactional ids; a zombie is fenced by its
 * epoch, not by the group's generation (KIP-447), which kafkajs's requests cannot carry.
 */
export class KafkaCommitLog implements CommitLog {
  readonly #cluster: Cluster;
  readonly #applicationId: string;
  readonly #timing: Timing;
  readonly #options: TransactionOptions;

  constructor(
    cluster: Cluster,
    applicationId: string,
    timing: Timing,
    options: TransactionOptions,
  ) {
    this.#cluster = cluster;
    this.#applicationId = applicationId;
    this.#timing = timing;
    this.#options = options;
  }

  async fence(input: TopicPartition, outputs?: OwnOutputs): Promise<FencedWriter> {
    const transactionalId = transactionalIdOf(this.#applicationId, input);
    const client = new TransactionClient(this.#cluster, transactionalId, this.#applicationId);
    const { transactionTimeoutMs } = this.#options;
    const [cluster, groupId] = [this.#cluster, this.#applicationId];
    const search = outputs && { cluster, client, groupId, input, outputs };
    try {
      const deadline = this.#deadline();
      let identity = await client.init(transactionTimeoutMs, deadline);
      if (search !== undefined && await this.#giveMarkers(search, identity)) {
        identity = await client.init(transactionTimeoutMs, deadline);
      }
      return new TransactionWriter({
        cluster: this.#cluster,
        client,
        identity,
        transactionalId,
        input,
        timing: this.#timing,
        options: this.#options,
        search,
        endOf: (partition) => this.#endOf(partition),
      });
    } catch (error) {
      throw toPipelineError(error, `fence ${partitionName(input)}`, { transactionalId });
    }
  }

  async committed(input: TopicPartition): Promise<CommittedOffset | undefined> {
    const [found] = await this.#positions(input, partitionName(input));
    return found && { offset: found.offset, metadata: found.metadata };
  }

  async positions(): Promise<readonly GroupPosition[]> {
    return await this.#positions(undefined, "every partition");
  }

  async #positions(
    input: TopicPartition | undefined,
    what: string,
  ): Promise<readonly GroupPosition[]> {
    const group = this.#applicationId;
    const request = offsetFetchRequest(group, input);
    try {
      return await this.#deadline().retry(() =>
        this.#cluster.onCoordinator("group", group, (broker) => sendWire(broker, request))
      );
    } catch (error) {
      throw toPipelineError(error, `read the committed offset of ${what}`, { group });
    }
  }

  /** @returns True if there were markers to give: the coordinator may still be at it. */
  async #giveMarkers(search: MarkerSearch, identity: ProducerIdentity): Promise<boolean> {
    const end = await giveLostMarkers(search, identity, this.#deadline());
    if (end === undefined) return false;
    this.#options.onMarkersGiven?.(search.input, end);
    return true;
  }

  #deadline(): Deadline {
    return new Deadline(this.#timing, this.#options.commitTimeoutMs);
  }

  async #endOf(partition: TopicPartition): Promise<Offset> {
    const leader = await this.#cluster.leader(partition);
    return await this.#cluster.send(leader, listOffsetsRequest(partition, "last-stable"));
  }
}
