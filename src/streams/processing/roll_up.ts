import { rollUpStart } from "../topology/roll_ups.ts";
import type { WindowState } from "../state/state.ts";
import type { Topology } from "../topology/topology.ts";
import type { TimeWindows } from "../topology/windows.ts";
import type { CachedKey, CachedRollUp, CachedWindow, WriteCache } from "../state/write_cache.ts";

/** What is needed to roll windows up. */
export interface RollUpSources<A> {
  readonly topology: Pick<Topology<never, A, never>, "aggregator" | "rollUps">;
  readonly cache: WriteCache<A>;
}

/** A rolled-up window as it is now. */
export interface RolledUp<A> {
  readonly level: TimeWindows;
  readonly window: CachedWindow<A>;
}

/**
 * Merges again what a key's changes since the last commit change in its rolled-up windows.
 *
 * A rolled-up window is a function of its parts alone, and these of the input: however the input is
 * cut into commits, and whatever crashed between them, its sums are the same to the last bit. Each
 * level is merged from the one below it, so a change costs a few dozen merges, not thousands.
 *
 * Once per commit, before expired windows leave the cache.
 */
export async function rollUp<A>(
  sources: RollUpSources<A>,
  owner: CachedKey<A>,
): Promise<RolledUp<A>[]> {
  const rolledUp: RolledUp<A>[] = [];
  let changed: CachedWindow<A>[] = [...owner.windows.values()].filter(({ dirty }) => dirty);
  for (const [index, level] of sources.topology.rollUps.levels.entries()) {
    const touched = await touchedRollUps(sources, owner, { index, level, changed });
    for (const window of touched) {
      window.state = merged(sources, window);
      window.dirty = true;
      rolledUp.push({ level, window });
    }
    changed = touched;
  }
  return rolledUp;
}

/** Those that have a changed part, and those that were closed. */
async function touchedRollUps<A>(
  { cache }: RollUpSources<A>,
  owner: CachedKey<A>,
  below: {
    readonly index: number;
    readonly level: TimeWindows;
    readonly changed: readonly CachedWindow<A>[];
  },
): Promise<CachedRollUp<A>[]> {
  const { index, level, changed } = below;
  const touched = new Set<CachedRollUp<A>>();
  for (const part of changed) {
    const whole = cache.rollUp(owner, index, rollUpStart(part.startMs, level));
    putPart(whole.parts ??= await cache.readParts(owner, index, whole.startMs), part);
    touched.add(whole);
  }
  for (const whole of owner.rollUps[index]?.values() ?? []) {
    if (!whole.dirty) continue;
    whole.parts ??= await cache.readParts(owner, index, whole.startMs);
    touched.add(whole);
  }
  return [...touched];
}

/** Nearly always at the end, or there already. */
function putPart<A>(parts: CachedWindow<A>[], part: CachedWindow<A>): void {
  let at = parts.length;
  while (at > 0 && (parts[at - 1] as CachedWindow<A>).startMs > part.startMs) at--;
  if (parts[at - 1] !== part) parts.splice(at, 0, part);
}

/** Its write time is that of the last event that changed a part or closed it. */
function merged<A>(
  { topology: { aggregator, rollUps } }: RollUpSources<A>,
  { state, parts = [] }: CachedRollUp<A>,
): WindowState<A> {
  const aggregate = aggregator.initial();
  let { versionUs, receivedAtMs } = state;
  for (const part of parts) {
    rollUps.merge(aggregate, part.state.aggregate);
    if (part.state.versionUs <= versionUs) continue;
    versionUs = part.state.versionUs;
    receivedAtMs = part.state.receivedAtMs;
  }
  return { aggregate, final: state.final, versionUs, receivedAtMs };
}
