import { assert } from "../../base/assert.ts";
import type { TaskAssignment } from "../ports.ts";
import { balance } from "./balance.ts";
import { findHolders, settleClaims } from "./holders.ts";
import { compareMembers, type GroupMember, isCurrent, nearness } from "./member.ts";
import { chooseStandbys, type Roles } from "./standbys.ts";

/**
 * Shares the partitions of a topic, so that none waits for its state where that can be avoided.
 *
 * In the end the shares are even. On the way there a partition stays with the member nearest to the
 * end of its changelog, and moves when the one that is to have it is current: until then that one
 * warms up. A member that leaves gets nothing. The result depends only on the arguments, whatever
 * their order, so that any leader decides alike; asked again with its own outcome, nothing moves.
 *
 * @param partitionCount Partitions of the topic, >= 0.
 * @param replicas Standbys of each partition beside its owner, >= 0.
 * @returns By member id. Every partition is active once, unless all leave.
 * @see KIP-441, which this follows; differs: who warms up asks for the move when it is current, and
 *   a partition without any state anywhere goes to its place at once.
 */
export function assignPartitions(
  members: readonly GroupMember[],
  partitionCount: number,
  replicas: number,
): Map<string, TaskAssignment> {
  assert(members.length > 0, "a group must have members");
  const ordered = [...members].sort(compareMembers);
  const stayers = ordered.filter(({ leaving }) => !leaving);
  const owners = settleClaims(ordered, partitionCount);
  const roles = rolesOf(ordered, stayers, owners);
  const standbys = chooseStandbys(stayers, roles, replicas);
  return new Map(ordered.map((member) => [member.memberId, {
    active: where(roles, ({ owner }) => owner === member),
    standbys: where(standbys, (chosen) => chosen.includes(member)),
    warmUps: where(roles, ({ successor }) => successor === member),
    handedOver: where(roles, ({ owner }, partition) => {
      const former = owners[partition];
      return owner === member && former !== undefined && former !== member;
    }),
  }]));
}

function rolesOf(
  members: readonly GroupMember[],
  stayers: readonly GroupMember[],
  owners: readonly (GroupMember | undefined)[],
): Roles[] {
  if (stayers.length === 0) return [];
  const holders = findHolders(members, owners);
  return balance(stayers, holders).map((target, partition) => {
    const holder = holders[partition];
    const movesAtOnce = holder === undefined || holder === target ||
      isCurrent(target, partition) || nearness(holder, partition) < 0;
    return movesAtOnce
      ? { owner: target, successor: undefined }
      : { owner: holder, successor: target };
  });
}

/** Indexes of what fulfils a condition: partitions, ascending. */
function where<T>(items: readonly T[], holds: (item: T, partition: number) => boolean): number[] {
  return items.flatMap((item, partition) => holds(item, partition) ? [partition] : []);
}
