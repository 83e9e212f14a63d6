import type { TaskAssignment } from "../ports.ts";

/** Which thread of an instance works on a partition, or keeps its store. */
export type Homes = ReadonlyMap<number, number>;

/**
 * Spreads an instance's partitions over its threads: evenly, moving as few as possible.
 *
 * What is processed counts first, as it takes nearly all of the time; then standbys. A partition
 * that is neither any more keeps its home, and so its store somewhere to be taken up again, or
 * deleted. The result depends only on the arguments.
 *
 * @param homes As they were.
 * @param threads How many there are, >= 1.
 */
export function spreadPartitions(
  { active, standbys }: Pick<TaskAssignment, "active" | "standbys">,
  homes: Homes,
  threads: number,
): Homes {
  const processed = evenly(active, homes, Array<number>(threads).fill(0));
  const loads = Array.from({ length: threads }, (_, thread) => homesIn(processed, thread));
  return new Map([...homes, ...processed, ...evenly(standbys, homes, loads)]);
}

/** @param loads What each thread has besides: decides among those that have equally many of these. */
function evenly(
  partitions: readonly number[],
  homes: Homes,
  loads: readonly number[],
): Map<number, number> {
  const room = roomOf(partitions, homes, loads);
  const spread = new Map<number, number>();
  const take = (partition: number, thread: number) => {
    spread.set(partition, thread);
    room[thread] = (room[thread] ?? 0) - 1;
  };
  for (const partition of partitions) {
    const home = homes.get(partition);
    if (home !== undefined && (room[home] ?? 0) > 0) take(partition, home);
  }
  for (const partition of partitions) {
    if (!spread.has(partition)) take(partition, room.findIndex((free) => free > 0));
  }
  return spread;
}

/** How many each thread is to have: the larger shares for those that have more already. */
function roomOf(
  partitions: readonly number[],
  homes: Homes,
  loads: readonly number[],
): number[] {
  const base = Math.floor(partitions.length / loads.length);
  const larger = partitions.length % loads.length;
  const held = loads.map((_, thread) => partitions.filter((p) => homes.get(p) === thread).length);
  const heldMore = (thread: number) => (held[thread] ?? 0) > base ? 0 : 1;
  const ranked = [...loads.keys()].sort((a, b) =>
    heldMore(a) - heldMore(b) || (loads[a] ?? 0) - (loads[b] ?? 0) || a - b
  );
  const room = loads.map(() => base);
  for (const thread of ranked.slice(0, larger)) room[thread] = base + 1;
  return room;
}

function homesIn(homes: Homes, thread: number): number {
  return [...homes.values()].filter((home) => home === thread).length;
}
