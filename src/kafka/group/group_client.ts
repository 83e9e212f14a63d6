import type { Logger } from "../../base/logger.ts";
import type { Cluster } from "../cluster/cluster.ts";
import type { GroupProtocol, Place } from "./group_protocol.ts";
import { type Broker, sendWire } from "../wire/internals.ts";
import { type JoinAnswer, type JoinedGroup, joinRequest } from "./join_protocol.ts";
import {
  type AssignmentMessage,
  encodeSubscription,
  noAssignment,
  parseAssignment,
  type Subscription,
} from "./member_metadata.ts";
import { type SharedOut, shareOut } from "./share_out.ts";

/** Which group, and how patiently it waits for its members. */
export interface GroupOptions {
  /** The application's name. */
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
  readonly #logger: Logger;
  /** Members of the last generation that the log has named, so that it does so once for each. */
  #named: readonly string[] = [];

  constructor(cluster: Cluster, options: GroupOptions, logger: Logger) {
    this.#cluster = cluster;
    this.#options = options;
    this.#logger = logger;
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
    const assignment = parseAssignment(topic, memberAssignment);
    if (assignment !== undefined) return assignment;
    this.#logger.warn("the group's leader sent an assignment that cannot be read; ignored", {
      groupId: this.#options.groupId,
      leaderId: joined.leaderId,
    });
    return noAssignment;
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

  async #assign(
    topic: string,
    { members }: JoinedGroup,
  ): Promise<SharedOut["groupAssignment"]> {
    const { partitions } = await this.#cluster.refresh(topic);
    const { groupId, standbyReplicas } = this.#options;
    const { groupAssignment, unreadable } = shareOut(members, {
      topic,
      partitionCount: partitions.length,
      standbyReplicas,
    });
    for (const memberId of unreadable) {
      if (this.#named.includes(memberId)) continue;
      this.#logger.warn("the metadata of a group member cannot be read; it gets no partitions", {
        groupId,
        memberId,
      });
    }
    this.#named = unreadable;
    return groupAssignment;
  }

  #onCoordinator<T>(call: (broker: Broker) => Promise<T>): Promise<T> {
    return this.#cluster.onCoordinator("group", this.#options.groupId, call);
  }
}
