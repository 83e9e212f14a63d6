import { type CheckedRollUps, firstEndMs, rollUpStart } from "../topology/roll_ups.ts";
import { insertSorted } from "../state/sorted.ts";
import type { WindowsState } from "../state/state.ts";
import type { EventContext } from "../topology/topology.ts";
import { takeBefore, type TimeWindows } from "../topology/windows.ts";
import { type CachedKey, stamp, type WriteCache } from "../state/write_cache.ts";

/**
 * Opens the rolled-up windows that a new window is part of, where they are not open.
 *
 * None of them is closed: it ends no earlier than its part, which is open.
 */
export function openRollUps<A>(
  { levels }: CheckedRollUps<A>,
  cache: WriteCache<A>,
  owner: CachedKey<A>,
  partStartMs: number,
): void {
  for (let index = 0; index < levels.length; index++) {
    const level = levels[index] as TimeWindows;
    const startMs = rollUpStart(partStartMs, level);
    // Where one is open, those above it are.
    if (!insertSorted((owner.state.rollUps[index] as WindowsState).openWindows, startMs)) return;
    cache.addRollUp(owner, index, startMs);
    owner.rollUpEndMs = Math.min(owner.rollUpEndMs, startMs + level.sizeMs);
  }
}

/** Closes the rolled-up windows all of whose parts are closed. */
export function closeRollUps<A>(
  { levels }: CheckedRollUps<A>,
  cache: WriteCache<A>,
  owner: CachedKey<A>,
  context: EventContext,
): void {
  const { closedToMs, rollUps } = owner.state;
  for (const [index, level] of levels.entries()) {
    const { openWindows } = rollUps[index] as WindowsState;
    for (const startMs of takeBefore(openWindows, rollUpStart(closedToMs, level))) {
      const rollUp = cache.rollUp(owner, index, startMs);
      rollUp.state.final = true;
      stamp(rollUp, context);
    }
  }
  owner.rollUpEndMs = firstEndMs(owner.state, levels);
}
