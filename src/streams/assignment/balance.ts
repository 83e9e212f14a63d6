import type { Holders } from "./holders.ts";
import {
  ableMembers,
  compareMembers,
  compareNearness,
  type GroupMember,
  nearness,
} from "./member.ts";

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
  for (const { partition, member } of movesByNearness(stayers, holders, room)) {
    const holder = targets[partition];
    if (holder !== holders[partition] || (room.get(member) ?? 0) <= 0) continue;
    if (holder !== undefined && (room.get(holder) ?? 0) >= 0) continue;
    if (holder !== undefined) room.set(holder, (room.get(holder) ?? 0) + 1);
    room.set(member, (room.get(member) ?? 0) - 1);
    targets[partition] = member;
  }
  return targets.map((target, partition) => target ?? roomiest(stayers, partition, room));
}

/** Takes room from the member that has most of it, of those that can serve a partition. */
function roomiest(
  stayers: readonly GroupMember[],
  partition: number,
  room: Map<GroupMember, number>,
): GroupMember {
  const roomIn = (member: GroupMember) => room.get(member) ?? 0;
  const chosen = ableMembers(stayers, partition)
    .reduce((best, member) => roomIn(member) > roomIn(best) ? member : best);
  room.set(chosen, roomIn(chosen) - 1);
  return chosen;
}

/**
 * How many more partitions each member is to get; negative for those that hold too many.
 *
 * Who gets a larger share must not depend on how much anyone holds beyond the smaller one: that
 * changes while partitions move, and a member that warms up for one would be passed over half way.
 */
function roomOf(stayers: readonly GroupMember[], holders: Holders): Map<GroupMember, number> {
  const counts = new Map<GroupMember, number>(stayers.map((member) => [member, 0]));
  for (const holder of holders) {
    if (holder !== undefined) counts.set(holder, (counts.get(holder) ?? 0) + 1);
  }
  const base = Math.floor(holders.length / stayers.length);
  const larger = holders.length % stayers.length;
  const rank = (held: number) => held > base ? 0 : 1;
  const ranked = [...counts].sort(([a, held], [b, other]) =>
    rank(held) - rank(other) || compareMembers(a, b)
  );
  return new Map(
    ranked.map(([member, held], rank) => [member, base + (rank < larger ? 1 : 0) - held]),
  );
}

interface Move {
  readonly partition: number;
  readonly member: GroupMember;
  readonly near: number;
}

/** Every move that could be made, the best first. */
function movesByNearness(
  stayers: readonly GroupMember[],
  holders: Holders,
  room: ReadonlyMap<GroupMember, number>,
): Move[] {
  const receivers = stayers.filter((member) => (room.get(member) ?? 0) > 0);
  const moves = holders.flatMap((holder, partition) =>
    holder !== undefined && (room.get(holder) ?? 0) >= 0 ? [] : ableMembers(stayers, partition)
      .filter((member) => receivers.includes(member))
      .map((member) => ({ partition, member, near: nearness(member, partition) }))
  );
  return moves.sort((a, b) => compareNearness(a.near, b.near));
}
