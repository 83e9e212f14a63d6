import type { HeldState } from "../ports.ts";

/** An instance of an application with what it said when it joined the group. */
export interface GroupMember {
  readonly memberId: string;
  /** The same over restarts: of two equal choices it decides, so that partitions come home. */
  readonly instance: string;
  /** Partitions it processed before this rebalance. */
  readonly owned: readonly number[];
  /** Generation in which it was given them; of two claims the younger one counts. */
  readonly generation: number;
  /** State that it has, by partition. */
  readonly held: ReadonlyMap<number, HeldState>;
  /** It ends, and continues with what it owns only until others have it. */
  readonly leaving: boolean;
}

/**
 * How near a member's state of a partition is to the end of the changelog: the greater, the nearer.
 * Current ones are all alike, as they lack next to nothing. A member that says it is unable comes
 * after those that have nothing.
 */
export function nearness(member: GroupMember, partition: number): number {
  const held = member.held.get(partition);
  if (held === undefined) return -1;
  if (held.unable === true) return -2;
  return held.current ? Infinity : held.position;
}

/** True when the member can take a partition over without a pause. */
export function isCurrent(member: GroupMember, partition: number): boolean {
  return nearness(member, partition) === Infinity;
}

/** Those of the members that can serve a partition; all of them where none can. */
export function ableMembers(members: readonly GroupMember[], partition: number): GroupMember[] {
  const able = members.filter((member) => member.held.get(partition)?.unable !== true);
  return able.length > 0 ? able : [...members];
}

/** Orders by nearness, the nearest first; `Infinity` equals itself, which a difference hides. */
export function compareNearness(near: number, other: number): number {
  return near > other ? -1 : near < other ? 1 : 0;
}

/** Orders members alike in whatever order they joined. */
export function compareMembers(a: GroupMember, b: GroupMember): number {
  return compareText(a.instance, b.instance) || compareText(a.memberId, b.memberId);
}

function compareText(a: string, b: string): number {
  return a < b ? -1 : a > b ? 1 : 0;
}
