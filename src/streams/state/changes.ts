import type { StateStore, StoreEntry } from "../ports.ts";
import type { OutputRecord, TopicPartition } from "../record.ts";
import type { RecordProcessor } from "../processing/processor.ts";
import { rollUp } from "../processing/roll_up.ts";
import type { EngineCodecs, TaskMeta, WindowsState } from "./state.ts";
import { keyStateKey, metaKey, rollUpKey, windowKey, windowStartOf } from "./store_keys.ts";
import { neededFromMs } from "../topology/roll_ups.ts";
import type { Topology, WindowResult } from "../topology/topology.ts";
import { purgeHorizonMs, type TimeWindows } from "../topology/windows.ts";
import type { Sweep } from "./sweep.ts";
import type { CachedKey, CachedWindow, WriteCache } from "./write_cache.ts";

/** Rows of the store that one commit deletes of keys with events. */
const purgedRowsMax = 20_000;

/** What a commit deletes, and how much more it may. */
interface Purge {
  readonly entries: StoreEntry[];
  rowsLeft: number;
}

/** Everything that one commit makes durable. */
export interface Changes<R> {
  readonly meta: TaskMeta;
  /** Rows of events: functions of their records, whatever becomes of the commit. */
  readonly eventRows: readonly R[];
  /** Rows of changed windows, true once the commit has happened. */
  readonly resultRows: readonly R[];
  /** Changed state, the meta last. */
  readonly entries: readonly StoreEntry[];
  /** Late events and dead letters. */
  readonly sideOutputs: readonly OutputRecord[];
}

/** What is needed to collect changes. */
export interface ChangeSources<E, A, R> {
  readonly topology: Topology<E, A, R>;
  readonly codecs: EngineCodecs;
  readonly store: StateStore;
  readonly cache: WriteCache<A>;
  readonly processor: RecordProcessor<E, A, R>;
  readonly sweep: Sweep;
}

/**
 * Gathers what changed since the last commit, expired windows as deletions.
 *
 * Once per commit: the expired windows it finds are marked as gone in the cache.
 */
export async function collectChanges<E, A, R>(
  sources: ChangeSources<E, A, R>,
): Promise<Changes<R>> {
  const { topology, codecs, cache, processor } = sources;
  const { meta } = processor;
  const wholeFromMs = meta.wholeFromMs ?? Infinity;
  const rows: R[] = [];
  const entries: StoreEntry[] = [];
  const purge: Purge = { entries, rowsLeft: purgedRowsMax };
  for (const owner of cache.dirtyKeys) {
    collectWindows(topology, owner, wholeFromMs, { rows, entries });
    for (const { level, window } of await rollUp(sources, owner)) {
      if (window.startMs >= wholeFromMs) {
        rows.push(topology.results.row(resultOf(owner.key, window, level)));
      }
      entries.push({
        key: rollUpKey(owner.key, level.sizeMs, window.startMs),
        value: topology.windowCodec.encode(window.state),
      });
    }
    for (const kept of keptWindows(topology, owner)) {
      const outlivedMs = purgeHorizonMs(owner.state.streamTimeMs, kept.windows, owner.keyHash);
      const horizonMs = Math.max(owner.renewedFromMs, Math.min(outlivedMs, kept.neededFromMs));
      if (horizonMs <= kept.state.purgedToMs) continue;
      await collectExpired(sources.store, kept, horizonMs, purge);
    }
    entries.push({ key: keyStateKey(owner.key), value: codecs.keyState.encode(owner.state) });
  }
  entries.push(...await sources.sweep.collect(sources, meta.horizon));
  entries.push({ key: metaKey, value: codecs.meta.encode(meta) });
  const { eventRows, sideOutputs } = processor;
  return { meta, eventRows, resultRows: rows, entries, sideOutputs };
}

/** The changes of a commit that changes the task's own record and nothing else. */
export function metaAlone(meta: TaskMeta, { meta: codec }: EngineCodecs): Changes<never> {
  return {
    meta,
    eventRows: [],
    resultRows: [],
    entries: [{ key: metaKey, value: codec.encode(meta) }],
    sideOutputs: [],
  };
}

function collectWindows<E, A, R>(
  topology: Topology<E, A, R>,
  owner: CachedKey<A>,
  wholeFromMs: number,
  { rows, entries }: { readonly rows: R[]; readonly entries: StoreEntry[] },
): void {
  for (const window of owner.windows.values()) {
    if (!window.dirty) continue;
    if (window.startMs >= wholeFromMs) {
      rows.push(topology.results.row(resultOf(owner.key, window, topology.windows)));
    }
    const value = topology.windowCodec.encode(window.state);
    entries.push({ key: windowKey(owner.key, window.startMs), value });
  }
}

function resultOf<A>(
  key: string,
  { startMs, state }: CachedWindow<A>,
  { sizeMs }: TimeWindows,
): WindowResult<A> {
  return { key, startMs, endMs: startMs + sizeMs, state };
}

/** A key's windows of one length, in the store and in memory. */
interface KeptWindows {
  readonly windows: TimeWindows;
  readonly state: WindowsState;
  /** See `neededFromMs()`. */
  readonly neededFromMs: number;
  readonly cached: Map<number, unknown>;
  /** False for a key of which the store has nothing yet. */
  readonly stored: boolean;
  readonly keyOf: (startMs: number) => Uint8Array;
}

function keptWindows<E, A, R>(
  { windows, rollUps }: Topology<E, A, R>,
  { key, state, stored, windows: cached, rollUps: cachedRollUps }: CachedKey<A>,
): KeptWindows[] {
  const { levels } = rollUps;
  return [
    {
      windows,
      state,
      neededFromMs: neededFromMs(state.closedToMs, -1, levels),
      cached,
      stored,
      keyOf: (startMs) => windowKey(key, startMs),
    },
    ...levels.map((level, index) => ({
      windows: level,
      state: state.rollUps[index] as WindowsState,
      neededFromMs: neededFromMs(state.closedToMs, index, levels),
      cached: cachedRollUps[index] as Map<number, unknown>,
      stored,
      keyOf: (startMs: number) => rollUpKey(key, level.sizeMs, startMs),
    })),
  ];
}

/**
 * Deletes the key's windows that outlived the retention, those of this commit included. What does
 * not fit into the commit, as the retention has become a shorter one, goes with the key's next.
 */
async function collectExpired(
  store: StateStore,
  { stored, state, cached, keyOf }: KeptWindows,
  horizonMs: number,
  purge: Purge,
): Promise<void> {
  const found: number[] = [];
  if (stored) {
    const range = { gte: keyOf(state.purgedToMs), lt: keyOf(horizonMs), limit: purge.rowsLeft + 1 };
    for await (const { key } of store.scan(range)) found.push(windowStartOf(key));
  }
  const firstLeftMs = found.length > purge.rowsLeft ? found.pop() : undefined;
  purge.rowsLeft -= found.length;
  state.purgedToMs = firstLeftMs ?? horizonMs;
  const expired = new Set(found);
  for (const startMs of cached.keys()) if (startMs < state.purgedToMs) expired.add(startMs);
  for (const startMs of expired) {
    purge.entries.push({ key: keyOf(startMs), value: null });
    cached.delete(startMs);
  }
}

/** The changelog records of changed state. */
export function changelogRecords(
  entries: readonly StoreEntry[],
  changelog: TopicPartition,
  timestampMs: number,
): OutputRecord[] {
  return entries.map(({ key, value }) => ({ ...changelog, timestampMs, key, value }));
}
