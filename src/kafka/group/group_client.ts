import { assignPartitions } from "../../streams/assignment/assign.ts";
import type { Cluster } from "../cluster.ts";
import type { GroupProtocol, Place } from "./group_protocol.ts";
import { type Broker, sendWire } from "../wire/internals.ts";
import { type JoinAnswer, type JoinedGroup, joinRequest } from "./join_protocol.ts";
import {
  type AssignmentMessage,
  decodeAssignment,
  decodeSubscription,
  encodeAssignment,
  encodeSubscription,
  type Subscription,
} from "./member_metadata.ts";

/** Which group, and how patiently it waits for its members. */
export interface GroupOptions {
  readonly groupId: string;
  /** A member that is not heard of for so long is taken for dead, ms. */
  readonly sessionTimeoutMs: number;
  /** How long the group waits for its members to join a new generation, ms. */
  readonly rebalanceTimeoutMs: number;
  /** Standbys of each partition; the group does as its leader says. */
  readonly standbyReplicas: number;
}

/** Name of the assignment strategy, as members propose it; changes with its rules. */
const assignorName = "nearest-state-v1";

/** The requests of one member of a group; errors are Kafka's. */
export class GroupClient implements GroupProtocol {
  readonly #cluster: Cluster;
  readonly #options: GroupOptions;

  constructor(cluster: Cluster, options: GroupOptions) {
    this.#cluster = cluster;
    this.#options = options;
  }

  async join(memberId: string, subscription: Subscription): Promise<JoinAnswer> {
    const request = joinRequest({
      ...this.#options,
      memberId,
      assignor: assignorName,
      metadata: encodeSubscription(subscription),
    });
    return await this.#onCoordinator((broker) => sendWire(broker, request));
  }

  async sync(topic: string, joined: JoinedGroup): Promise<AssignmentMessage> {
    const groupAssignment = joined.leaderId === joined.memberId
      ? await this.#assign(topic, joined)
      : [];
    const { memberAssignment } = await this.#onCoordinator((broker) =>
      broker.syncGroup({
        groupId: this.#options.groupId,
        generationId: joined.generation,
        memberId: joined.memberId,
        groupAssignment,
      })
    );
    return decodeAssignment(topic, memberAssignment);
  }

  async heartbeat({ memberId, generation }: Place): Promise<void> {
    await this.#onCoordinator((broker) =>
      broker.heartbeat({
        groupId: this.#options.groupId,
        groupGenerationId: generation,
        memberId,
      })
    );
  }

  async leave(memberId: string): Promise<void> {
    await this.#onCoordinator((broker) =>
      broker.leaveGroup({ groupId: this.#options.groupId, memberId })
    );
  }

  async #assign(topic: string, { members }: JoinedGroup): Promise<GroupAssignment> {
    const { partitions } = await this.#cluster.refresh(topic);
    const subscribed = members
      .map(({ memberId, metadata }) => ({ memberId, ...decodeSubscription(metadata) }))
      .filter((member) => member.topic === topic);
    const { standbyReplicas } = this.#options;
    const shares = assignPartitions(subscribed, partitions.length, standbyReplicas);
    const owners = new Map(
      subscribed.flatMap(({ memberId, addresses }) =>
        shares.get(memberId)?.active.map((partition) => [partition, addresses] as const) ?? []
      ),
    );
    return [...shares].map(([memberId, share]) => ({
      memberId,
      memberAssignment: encodeAssignment(topic, { ...share, owners }),
    }));
  }

  #onCoordinator<T>(call: (broker: Broker) => Promise<T>): Promise<T> {
    return this.#cluster.onCoordinator("group", this.#options.groupId, call);
  }
}

type GroupAssignment = Parameters<Broker["syncGroup"]>[0]["groupAssignment"];
