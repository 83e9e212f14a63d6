import { PipelineError } from "../../base/errors.ts";
import { withoutBrackets } from "../../base/host.ts";
import type { TopicPartition } from "../../streams/record.ts";
import { BrokerLink } from "../wire/broker_link.ts";
import { faultKind, faultType, ProtocolFault } from "../wire/errors.ts";
import { type Broker, sendWire } from "../wire/internals.ts";
import {
  type BrokerAddress,
  metadataRequest,
  type PartitionMetadata,
  type TopicMetadata,
} from "../wire/metadata_protocol.ts";
import type { WireRequest } from "../wire/wire_request.ts";

/** Makes a broker object for an address; connected by its first use. */
export type BrokerMaker = (address: { readonly host: string; readonly port: number }) => Broker;

/** Who leads a partition. */
export interface LeaderLocation {
  readonly leader: number;
  readonly leaderEpoch: number;
  readonly topicId: string;
}

/** What a coordinator coordinates; numbers of the protocol. */
export type CoordinatorKind = "group" | "transaction";

const unknownPartition = 3;
const leaderNotAvailable = 5;

const coordinatorTypes: Readonly<Record<CoordinatorKind, number>> = { group: 0, transaction: 1 };

/**
 * One set of connections to the brokers of a cluster, and what is known of its topics.
 *
 * A broker answers the requests of a connection one after the other, so that one that waits (a
 * fetch, a join) holds up all behind it: reading, writing and the group each have their own.
 * Knowledge is refreshed when a user of it says that it proved wrong (`forget…`). Errors are
 * those of Kafka: the callers wrap them.
 */
export class Cluster implements AsyncDisposable {
  readonly #seeds: readonly string[];
  readonly #makeBroker: BrokerMaker;
  readonly #links = new Map<string, BrokerLink>();
  readonly #nodes = new Map<number, string>();
  readonly #topics = new Map<string, TopicMetadata>();
  readonly #coordinators = new Map<string, number>();
  readonly #cut: AbortSignal | undefined;
  readonly #close = () => void this[Symbol.asyncDispose]();
  #nextSeed = 0;
  #closed = false;

  /** @param cut Closes it when it fires, whoever still waits for an answer. */
  constructor(seeds: readonly string[], makeBroker: BrokerMaker, cut?: AbortSignal) {
    this.#seeds = seeds;
    this.#makeBroker = makeBroker;
    this.#cut = cut;
    cut?.addEventListener("abort", this.#close);
  }

  /** Calls a broker by its number. */
  async onNode<T>(nodeId: number, call: (broker: Broker) => Promise<T>): Promise<T> {
    const address = this.#nodes.get(nodeId) ?? await this.#addressOf(nodeId);
    return await this.#onAddress(address, call);
  }

  /** Sends one of our own requests to a broker by its number. */
  async send<T>(nodeId: number, request: WireRequest<T>): Promise<T> {
    return await this.onNode(nodeId, (broker) => sendWire(broker, request));
  }

  /** Calls any broker that can be reached; tries each known one and each seed once. */
  async onAny<T>(call: (broker: Broker) => Promise<T>): Promise<T> {
    let failure: unknown;
    for (const address of this.#candidates()) {
      try {
        return await this.#onAddress(address, call);
      } catch (error) {
        if (faultKind(error) !== "connection") throw error;
        failure = error;
      }
    }
    throw failure;
  }

  /** A topic's partitions as of the last refresh; faults with the broker's answer. */
  async topic(topic: string): Promise<readonly PartitionMetadata[]> {
    return (await this.#known(topic)).partitions;
  }

  /** Asks for a topic again. */
  async refresh(topic: string): Promise<TopicMetadata> {
    const { brokers, topics } = await this.onAny((b) => sendWire(b, metadataRequest([topic])));
    this.#learn(brokers);
    const [found] = topics;
    if (found === undefined) throw new ProtocolFault(3, `Metadata of ${topic}`);
    if (found.errorCode !== 0) throw new ProtocolFault(found.errorCode, `Metadata of ${topic}`);
    this.#topics.set(topic, found);
    return found;
  }

  /** The broker that leads a partition. */
  async leader(place: TopicPartition): Promise<number> {
    return (await this.locate(place)).leader;
  }

  /** The broker that leads a partition, since when, and of which topic it is. */
  async locate({ topic, partition }: TopicPartition): Promise<LeaderLocation> {
    const { topicId, partitions } = await this.#known(topic);
    const found = partitions.find((p) => p.partition === partition);
    if (found !== undefined && found.leader >= 0) {
      return { leader: found.leader, leaderEpoch: found.leaderEpoch, topicId };
    }
    this.forgetTopic(topic);
    const errorCode = found === undefined ? unknownPartition : leaderNotAvailable;
    throw new ProtocolFault(errorCode, `Leader of ${topic}-${partition}`);
  }

  /** What was known of the topic proved wrong. */
  forgetTopic(topic: string): void {
    this.#topics.delete(topic);
  }

  /** The broker that coordinates a group or a transactional id. */
  async coordinator(kind: CoordinatorKind, key: string): Promise<number> {
    const known = this.#coordinators.get(`${kind}:${key}`);
    if (known !== undefined) return known;
    const { coordinator } = await this.onAny((broker) =>
      broker.findGroupCoordinator({ groupId: key, coordinatorType: coordinatorTypes[kind] })
    );
    this.#learn([coordinator]);
    this.#coordinators.set(`${kind}:${key}`, coordinator.nodeId);
    return coordinator.nodeId;
  }

  /** Calls the coordinator of a group or a transactional id; finds it again if it moved. */
  async onCoordinator<T>(
    kind: CoordinatorKind,
    key: string,
    call: (broker: Broker) => Promise<T>,
  ): Promise<T> {
    const nodeId = await this.coordinator(kind, key);
    try {
      return await this.onNode(nodeId, call);
    } catch (error) {
      if (hasMoved(error)) this.#coordinators.delete(`${kind}:${key}`);
      throw error;
    }
  }

  /** Brokers of the cluster that are up. */
  async brokerCount(): Promise<number> {
    return (await this.onAny((b) => sendWire(b, metadataRequest([])))).brokers.length;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#closed = true;
    this.#cut?.removeEventListener("abort", this.#close);
    const links = [...this.#links.values()];
    this.#links.clear();
    await Promise.all(links.map((link) => link.close()));
  }

  async #known(topic: string): Promise<TopicMetadata> {
    return this.#topics.get(topic) ?? await this.refresh(topic);
  }

  async #addressOf(nodeId: number): Promise<string> {
    this.#learn((await this.onAny((b) => sendWire(b, metadataRequest([])))).brokers);
    const address = this.#nodes.get(nodeId);
    if (address === undefined) throw new ProtocolFault(8, `Broker ${nodeId}`);
    return address;
  }

  #learn(brokers: readonly BrokerAddress[]): void {
    for (const { nodeId, host, port } of brokers) {
      if (nodeId >= 0) this.#nodes.set(nodeId, `${host}:${port}`);
    }
  }

  /** Addresses to try, those with a connection first, and seeds in rotation. */
  #candidates(): ReadonlySet<string> {
    const first = this.#nextSeed++ % Math.max(1, this.#seeds.length);
    return new Set([
      ...this.#links.keys(),
      ...this.#nodes.values(),
      ...this.#seeds.slice(first),
      ...this.#seeds.slice(0, first),
    ]);
  }

  async #onAddress<T>(address: string, call: (broker: Broker) => Promise<T>): Promise<T> {
    const link = this.#links.get(address) ?? this.#link(address);
    try {
      return await link.call(call);
    } catch (error) {
      if (!link.connected || isConnectionLost(error)) this.#drop(address, link);
      throw error;
    }
  }

  #link(address: string): BrokerLink {
    if (this.#closed || this.#cut?.aborted === true) {
      throw new PipelineError("ABORTED", "Cannot call Kafka as the connection is closed");
    }
    const at = address.lastIndexOf(":");
    const host = withoutBrackets(address.slice(0, at));
    const port = Number(address.slice(at + 1));
    const link = new BrokerLink(this.#makeBroker({ host, port }));
    this.#links.set(address, link);
    return link;
  }

  /** Later calls get a new link. */
  #drop(address: string, link: BrokerLink): void {
    if (this.#links.get(address) === link) this.#links.delete(address);
    void link.close();
  }
}

function hasMoved(error: unknown): boolean {
  const type = faultType(error);
  return faultKind(error) === "connection" || type === "NOT_COORDINATOR_FOR_GROUP" ||
    type === "GROUP_COORDINATOR_NOT_AVAILABLE" || type === "BROKER_NOT_AVAILABLE";
}

/** An answered error leaves the connection sound; anything else, as half a frame, does not. */
function isConnectionLost(error: unknown): boolean {
  const { type, name } = error as { readonly type?: unknown; readonly name?: unknown };
  return typeof type !== "string" || name === "KafkaJSRequestTimeoutError";
}
