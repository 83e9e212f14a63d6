import { Counts } from "./counts.ts";
import { compareNearness, type GroupMember, nearness } from "./member.ts";

/** Who does what with a partition. */
export interface Roles {
  readonly owner: GroupMember;
  /** Who is to process it as soon as its state is current there; the owner does until then. */
  readonly successor: GroupMember | undefined;
}

/**
 * Chooses the members that keep a partition's state at hand beside its owner: its successor first,
 * then those that have most of it already, unless they have more than their share of standbys, then
 * those with the fewest.
 *
 * @param stayers In the order of `compareMembers`.
 * @param replicas Standbys of each partition, as far as there are members.
 * @returns By partition.
 */
export function chooseStandbys(
  stayers: readonly GroupMember[],
  roles: readonly Roles[],
  replicas: number,
): GroupMember[][] {
  const counts = new Counts<GroupMember>();
  const shareMax = Math.ceil(roles.length * replicas / stayers.length);
  const chosen = roles.map(({ owner, successor }) => {
    if (successor !== undefined) counts.add(successor, 1);
    return { owner, standbys: successor === undefined ? [] : [successor] };
  });
  for (let copy = 1; copy <= replicas; copy++) {
    for (const [partition, { owner, standbys }] of chosen.entries()) {
      if (standbys.length >= copy) continue;
      const rank = (member: GroupMember) => counts.of(member) < shareMax ? 0 : 1;
      const [best] = stayers
        .filter((member) => member !== owner && !standbys.includes(member))
        .filter((member) => member.held.get(partition)?.unable !== true)
        .sort((a, b) =>
          rank(a) - rank(b) ||
          compareNearness(nearness(a, partition), nearness(b, partition)) ||
          counts.of(a) - counts.of(b)
        );
      if (best === undefined) continue;
      standbys.push(best);
      counts.add(best, 1);
    }
  }
  return chosen.map(({ standbys }) => standbys);
}
