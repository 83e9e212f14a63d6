import { assert } from "../base/assert.ts";

/** A member of a group with what it said when it joined. */
export interface GroupMember {
  readonly memberId: string;
  /** Partitions it held before this rebalance. */
  readonly owned: readonly number[];
  /** Generation in which it held them; of two claims the younger one counts. */
  readonly generation: number;
}

/** Name of the assignment strategy, as members propose it; changes with its rules. */
export const assignorName = "sticky-range-v1";

/**
 * Shares partitions evenly and moves as few as possible.
 *
 * Every member gets `floor(partitions / members)` or one more. A member keeps what it owned up to
 * its share; those that owned most get the larger shares. What is free then fills the smaller
 * members, lowest partition first. The result depends only on the arguments, whatever their
 * order, so that any leader decides alike.
 *
 * @param partitionCount Partitions of the topic, >= 0.
 * @returns Sorted partitions of every member; their union is every partition once.
 */
export function assignPartitions(
  members: readonly GroupMember[],
  partitionCount: number,
): Map<string, number[]> {
  assert(members.length > 0, "a group must have members");
  const claims = settleClaims(members, partitionCount);
  const shares = new Map<string, number[]>();
  const free = new Set(Array.from({ length: partitionCount }, (_, partition) => partition));
  for (const { memberId, size } of sharesOf(claims, partitionCount)) {
    const kept = (claims.get(memberId) ?? []).slice(0, size);
    for (const partition of kept) free.delete(partition);
    shares.set(memberId, kept);
  }
  fill(shares, sharesOf(claims, partitionCount), [...free]);
  for (const share of shares.values()) share.sort((a, b) => a - b);
  return shares;
}

interface Share {
  readonly memberId: string;
  readonly size: number;
}

/** Who owned what, each partition once: by the youngest claim, then by the lower member id. */
function settleClaims(
  members: readonly GroupMember[],
  partitionCount: number,
): Map<string, number[]> {
  const ranked = [...members].sort((a, b) =>
    b.generation - a.generation || compareText(a.memberId, b.memberId)
  );
  const taken = new Set<number>();
  const claims = new Map<string, number[]>();
  for (const { memberId, owned } of ranked) {
    const valid = [...new Set(owned)].filter((p) => p < partitionCount && !taken.has(p));
    for (const partition of valid) taken.add(partition);
    claims.set(memberId, valid.sort((a, b) => a - b));
  }
  return claims;
}

/** The size of every member's share; larger ones go to those that owned most. */
function sharesOf(claims: ReadonlyMap<string, readonly number[]>, partitionCount: number): Share[] {
  const base = Math.floor(partitionCount / claims.size);
  const larger = partitionCount % claims.size;
  return [...claims]
    .sort(([idA, a], [idB, b]) => b.length - a.length || compareText(idA, idB))
    .map(([memberId], rank) => ({ memberId, size: base + (rank < larger ? 1 : 0) }));
}

function fill(shares: Map<string, number[]>, sizes: readonly Share[], free: number[]): void {
  for (const { memberId, size } of sizes) {
    const share = shares.get(memberId) ?? [];
    share.push(...free.splice(0, size - share.length));
  }
}

function compareText(a: string, b: string): number {
  return a < b ? -1 : a > b ? 1 : 0;
}
