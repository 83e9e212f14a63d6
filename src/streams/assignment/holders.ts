import { compareMembers, type GroupMember, nearness } from "./member.ts";

/** The member that is best placed to process a partition now; `undefined` if none has anything. */
export type Holders = readonly (GroupMember | undefined)[];

/**
 * Who is best placed for each partition, if balance were of no account: the member that stays and
 * whose state is nearest. Among equals the owner keeps it.
 *
 * @param members In the order of `compareMembers`.
 * @param owners By partition.
 * @returns By partition.
 */
export function findHolders(
  members: readonly GroupMember[],
  owners: readonly (GroupMember | undefined)[],
): Holders {
  const stayers = members.filter(({ leaving }) => !leaving);
  return owners.map((owner, partition) => {
    let best = owner?.leaving === false ? owner : undefined;
    for (const member of stayers) {
      const than = best === undefined ? -1 : nearness(best, partition);
      if (nearness(member, partition) > than) best = member;
    }
    return best;
  });
}

/** Who owned what, by partition; each partition once: by the youngest claim, then by the members' order. */
export function settleClaims(
  members: readonly GroupMember[],
  partitionCount: number,
): (GroupMember | undefined)[] {
  const owners = Array<GroupMember | undefined>(partitionCount).fill(undefined);
  const youngestFirst = [...members].sort((a, b) =>
    b.generation - a.generation || compareMembers(a, b)
  );
  for (const member of youngestFirst) {
    for (const partition of member.owned) {
      if (partition < partitionCount) owners[partition] ??= member;
    }
  }
  return owners;
}
