import { Counts } from "./counts.ts";
import type { Holders } from "./holders.ts";
import { ableMembers, compareNearness, type GroupMember, nearness } from "./member.ts";

/**
 * Shares partitions evenly and moves as few as possible, to those whose state is nearest.
 *
 * Every member gets `floor(partitions / members)` or one more: first those that hold more, then by
 * the order of members. What a member holds beyond its share, and what no member holds, goes where
 * there is room: first to members that have most of its state, lowest partition first. A member
 * gets none that it is unable to serve, be the shares uneven then.
 *
 * @param stayers In the order of `compareMembers`; at least one.
 * @returns By partition, who is to process it in the end.
 */
export function balance(stayers: readonly GroupMember[], holders: Holders): GroupMember[] {
  const room = roomOf(stayers, holders);
  const targets = [...holders];
  for (const { partition, member } of movesByNearness(stayers, holders)) {
    const holder = targets[partition];
    const canGo = holder === undefined || room.of(holder) < 0;
    if (!canGo || room.of(member) <= 0) continue;
    if (holder !== undefined) room.add(holder, 1);
    room.add(member, -1);
    targets[partition] = member;
  }
  return targets.map((target, partition) => target ?? roomiest(stayers, partition, room));
}

/** Takes room from the member that has most of it, of those that can serve a partition. */
function roomiest(
  stayers: readonly GroupMember[],
  partition: number,
  room: Counts<GroupMember>,
): GroupMember {
  const chosen = ableMembers(stayers, partition)
    .reduce((best, member) => room.of(member) > room.of(best) ? member : best);
  room.add(chosen, -1);
  return chosen;
}

/**
 * How many more partitions each member is to get; negative for those that hold too many.
 *
 * Who gets a larger share must not depend on how much anyone holds beyond the smaller one: that
 * changes while partitions move, and a member that warms up for one would be passed over half way.
 */
function roomOf(stayers: readonly GroupMember[], holders: Holders): Counts<GroupMember> {
  const held = new Counts<GroupMember | undefined>();
  for (const holder of holders) held.add(holder, 1);
  const base = Math.floor(holders.length / stayers.length);
  const larger = holders.length % stayers.length;
  const rank = (member: GroupMember) => held.of(member) > base ? 0 : 1;
  const room = new Counts<GroupMember>();
  for (const [place, member] of stayers.toSorted((a, b) => rank(a) - rank(b)).entries()) {
    room.add(member, base + (place < larger ? 1 : 0) - held.of(member));
  }
  return room;
}

interface Move {
  readonly partition: number;
  readonly member: GroupMember;
  readonly near: number;
}

/** Every move that could be made, the best first. */
function movesByNearness(stayers: readonly GroupMember[], holders: Holders): Move[] {
  const moves = [...holders.keys()].flatMap((partition) =>
    ableMembers(stayers, partition)
      .map((member) => ({ partition, member, near: nearness(member, partition) }))
  );
  return moves.sort((a, b) => compareNearness(a.near, b.near));
}
