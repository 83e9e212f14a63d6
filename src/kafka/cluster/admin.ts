import type { Cluster } from "./cluster.ts";
import type { AclEntry } from "../wire/internals.ts";
import { faultType, ProtocolFault, toPipelineError } from "../wire/errors.ts";
import { Deadline, type Timing } from "./retry.ts";
import { findTopic, led, topicTimeoutMs } from "./topics.ts";

export type { AclEntry };

/** How a topic is spread over the cluster. */
export interface TopicShape {
  /** How many it has. */
  readonly partitions: number;
  /** Copies of each of them. */
  readonly replicationFactor: number;
}

/** Members of a group that are alive, or not yet known to be dead. */
export async function groupMemberCount(
  cluster: Cluster,
  groupId: string,
  timing: Timing,
): Promise<number> {
  try {
    const { groups } = await new Deadline(timing, topicTimeoutMs).retry(() =>
      cluster.onCoordinator(
        "group",
        groupId,
        (broker) => broker.describeGroups({ groupIds: [groupId] }),
      )
    );
    return groups[0]?.members.length ?? 0;
  } catch (error) {
    if (faultType(error) === "GROUP_ID_NOT_FOUND") return 0;
    throw toPipelineError(error, `look at group ${groupId}`, { groupId });
  }
}

/** The shape of a topic; `undefined` if it does not exist. */
export async function topicShape(
  cluster: Cluster,
  topic: string,
  timing: Timing,
): Promise<TopicShape | undefined> {
  try {
    const found = await new Deadline(timing, topicTimeoutMs).retry(() => findTopic(cluster, topic));
    return found && {
      partitions: found.partitions.length,
      replicationFactor: found.partitions[0]?.replicas.length ?? 0,
    };
  } catch (error) {
    throw toPipelineError(error, `look at topic ${topic}`, { topic });
  }
}

/** Deletes a topic with its records; resolves when no broker answers for it any more. */
export async function deleteTopic(
  cluster: Cluster,
  topic: string,
  timing: Timing,
): Promise<void> {
  const deadline = new Deadline(timing, topicTimeoutMs);
  try {
    await deadline.retry(() =>
      cluster.onAny((broker) =>
        broker.deleteTopics({ topics: [topic], timeout: topicTimeoutMs / 2 })
      )
    );
    await deadline.retry(async () => {
      if (await findTopic(cluster, topic) !== undefined) {
        throw new ProtocolFault(5, `Deletion of ${topic}`);
      }
    });
  } catch (error) {
    throw toPipelineError(error, `delete topic ${topic}`, { topic });
  }
}

/** Gives a topic more partitions, empty ones, and waits until each has a leader. */
export async function addPartitions(
  cluster: Cluster,
  topic: string,
  count: number,
  timing: Timing,
): Promise<void> {
  const deadline = new Deadline(timing, topicTimeoutMs);
  try {
    await deadline.retry(() =>
      cluster.onAny((broker) =>
        broker.createPartitions({
          topicPartitions: [{ topic, count }],
          timeout: topicTimeoutMs / 2,
        })
      )
    );
    await deadline.retry(() => led(cluster, { name: topic, partitions: count }));
  } catch (error) {
    throw toPipelineError(error, `give topic ${topic} ${count} partitions`, { topic, count });
  }
}

/** Gives rights; those that are given already stay. */
export async function createAcls(
  cluster: Cluster,
  entries: readonly AclEntry[],
  timing: Timing,
): Promise<void> {
  try {
    await new Deadline(timing, topicTimeoutMs).retry(() =>
      cluster.onAny((broker) => broker.createAcls({ acl: entries }))
    );
  } catch (error) {
    throw toPipelineError(error, "give rights", {});
  }
}
