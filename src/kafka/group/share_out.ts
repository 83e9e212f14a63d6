import { assignPartitions } from "../../streams/assignment/assign.ts";
import type { Broker } from "../wire/internals.ts";
import type { JoinedMember } from "./join_protocol.ts";
import { encodeAssignment, parseMemberMetadata } from "./member_metadata.ts";

/** What is shared out, and how. */
export interface Shares {
  readonly topic: string;
  /** Partitions of the topic. */
  readonly partitionCount: number;
  /** Standbys of each partition. */
  readonly standbyReplicas: number;
}

/** What the leader answers the group. */
export interface SharedOut {
  /** By member; who is not listed gets nothing. */
  readonly groupAssignment: Parameters<Broker["syncGroup"]>[0]["groupAssignment"];
  /** Ids of members that joined with bytes which say nothing. */
  readonly unreadable: readonly string[];
}

/**
 * Decides as the leader of a group. Total: a member that cannot be read, or is there for another
 * topic, gets nothing, and the others share what there is.
 */
export function shareOut(
  members: readonly JoinedMember[],
  { topic, partitionCount, standbyReplicas }: Shares,
): SharedOut {
  const read = members.map(({ memberId, metadata }) => ({
    memberId,
    told: parseMemberMetadata(metadata),
  }));
  const unreadable = read.flatMap(({ memberId, told }) => told === undefined ? [memberId] : []);
  const subscribed = read.flatMap(({ memberId, told }) =>
    told?.topic === topic ? [{ memberId, ...told }] : []
  );
  if (subscribed.length === 0) return { groupAssignment: [], unreadable };
  const shares = assignPartitions(subscribed, partitionCount, standbyReplicas);
  const present = new Map(subscribed.map(({ memberId, addresses }) => [memberId, addresses]));
  const owners = new Map(
    [...shares].flatMap(([memberId, { active }]) =>
      active.map((partition) => [partition, { ...present.get(memberId) }])
    ),
  );
  const groupAssignment = [...shares].map(([memberId, share]) => ({
    memberId,
    memberAssignment: encodeAssignment(topic, { ...share, owners, members: present }),
  }));
  return { groupAssignment, unreadable };
}
