import type { StateStore, StoreEntry } from "./ports.ts";
import type { OutputRecord, TopicPartition } from "./record.ts";
import type { RecordProcessor } from "./processor.ts";
import type { EngineCodecs, TaskMeta } from "./state.ts";
import { keyStateKey, metaKey, windowKey, windowRange, windowStartOf } from "./store_keys.ts";
import type { Topology, WindowResult } from "./topology.ts";
import { purgeHorizonMs } from "./windows.ts";
import type { CachedKey, CachedWindow, WriteCache } from "./write_cache.ts";

/** Everything that one commit makes durable. */
export interface Changes<R> {
  readonly meta: TaskMeta;
  /** Rows of events, then rows of changed windows. */
  readonly rows: readonly R[];
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
  const rows: R[] = [...processor.eventRows];
  const entries: StoreEntry[] = [];
  for (const owner of cache.dirtyKeys) {
    collectWindows(topology, owner, rows, entries);
    await collectExpired(sources, owner, entries);
    entries.push({ key: keyStateKey(owner.key), value: codecs.keyState.encode(owner.state) });
  }
  const { meta } = processor;
  entries.push({ key: metaKey, value: codecs.meta.encode(meta) });
  return { meta, rows, entries, sideOutputs: processor.sideOutputs };
}

function collectWindows<E, A, R>(
  topology: Topology<E, A, R>,
  owner: CachedKey<A>,
  rows: R[],
  entries: StoreEntry[],
): void {
  for (const window of owner.windows.values()) {
    if (!window.dirty) continue;
    rows.push(topology.results.row(resultOf(topology, owner.key, window)));
    const value = topology.windowCodec.encode(window.state);
    entries.push({ key: windowKey(owner.key, window.startMs), value });
  }
}

function resultOf<E, A, R>(
  topology: Topology<E, A, R>,
  key: string,
  { startMs, state }: CachedWindow<A>,
): WindowResult<A> {
  return { key, startMs, endMs: startMs + topology.windows.sizeMs, state };
}

/** Deletes the key's windows that outlived the retention, those of this commit included. */
async function collectExpired<E, A, R>(
  { topology, store }: ChangeSources<E, A, R>,
  owner: CachedKey<A>,
  entries: StoreEntry[],
): Promise<void> {
  const { state, windows } = owner;
  const horizonMs = purgeHorizonMs(state.streamTimeMs, topology.windows, owner.spread);
  if (horizonMs <= state.purgedToMs) return;
  const expired = new Set<number>();
  const range = windowRange(owner.key, state.purgedToMs, horizonMs);
  if (owner.stored) {
    for await (const { key } of store.scan(range)) {
      expired.add(windowStartOf(key));
    }
  }
  for (const startMs of windows.keys()) if (startMs < horizonMs) expired.add(startMs);
  for (const startMs of expired) {
    entries.push({ key: windowKey(owner.key, startMs), value: null });
  }
  state.purgedToMs = horizonMs;
}

/** The changelog records of changed state. */
export function changelogRecords(
  entries: readonly StoreEntry[],
  changelog: TopicPartition,
  timestampMs: number,
): OutputRecord[] {
  return entries.map(({ key, value }) => ({ ...changelog, timestampMs, key, value }));
}
