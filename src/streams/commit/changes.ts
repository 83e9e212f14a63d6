import type { StateStore, StoreEntry } from "../ports.ts";
import type { OutputRecord, TopicPartition } from "../record.ts";
import type { RecordProcessor } from "../processing/processor.ts";
import {
  bytesOf,
  type CachedKey,
  type CachedWindow,
  keyRowOf,
  lengthsOf,
  windowsWithRows,
} from "../state/cached_key.ts";
import type { EngineCodecs, TaskMeta } from "../state/state.ts";
import {
  keyStateKey,
  metaKey,
  rowKey,
  rowRange,
  windowKey,
  windowStartOf,
} from "../state/store_keys.ts";
import { neededFromMs } from "../topology/roll_ups.ts";
import { ResultOutputs } from "../state/result_outputs.ts";
import type { Topology } from "../topology/topology.ts";
import { purgeHorizonMs, type TimeWindows } from "../topology/windows.ts";
import type { Sweep } from "../state/sweep.ts";
import type { WriteCache } from "../state/write_cache.ts";

/** Rows of the store that one commit deletes of keys with events. */
const purgedRowsMax = 20_000;

/** What a commit deletes, and how much more it may. */
interface Purge {
  readonly entries: StoreEntry[];
  rowsLeft: number;
}

/** Everything that one commit makes durable. It stays as it is while more is processed. */
export interface Changes<R> {
  readonly meta: TaskMeta;
  /** Rows of events: functions of their records, whatever becomes of the commit. */
  readonly eventRows: readonly R[];
  /** Rows of changed windows, true once the commit has happened. */
  readonly resultRows: readonly R[];
  /** Records of changed windows, true with the commit. */
  readonly published: readonly OutputRecord[];
  /** Changed state, the meta last. */
  readonly entries: readonly StoreEntry[];
  /** Late events and dead letters. */
  readonly sideOutputs: readonly OutputRecord[];
  /** Events on their way to the partition of their key. */
  readonly sentOn: readonly OutputRecord[];
}

/** What is needed to collect changes. */
export interface ChangeSources<E, A, R> {
  readonly topology: Topology<E, A, R>;
  readonly codecs: EngineCodecs;
  readonly store: StateStore;
  readonly cache: WriteCache<A>;
  readonly processor: RecordProcessor<E, A, R>;
  readonly sweep: Sweep;
  /** Partition of the task: its results stay in it. */
  readonly partition: number;
}

/**
 * Gathers what changed since the last commit began, expired windows as deletions.
 *
 * Once per commit: the expired windows it finds are marked as gone in the cache. Ordering: the last
 * commit is in the store, and nothing is processed meanwhile.
 */
export async function collectChanges<E, A, R>(
  sources: ChangeSources<E, A, R>,
): Promise<Changes<R>> {
  const { topology, codecs, cache, processor, partition } = sources;
  const { meta } = processor;
  const results = new ResultOutputs(topology, partition, meta.wholeFromMs ?? Infinity);
  const entries: StoreEntry[] = [];
  const lengths = lengthsOf(topology);
  const purge: Purge = { entries, rowsLeft: purgedRowsMax };
  for (const owner of cache.dirtyKeys) {
    collectWindows(sources, owner, { results, entries, lengths });
    if (mayExpire(owner, lengths)) await collectExpired(sources, owner, purge);
    entries.push({ key: keyStateKey(owner.key), value: keyRowOf(topology, owner) });
  }
  entries.push(...await sources.sweep.collect(sources, meta.horizon));
  entries.push({ key: metaKey, value: codecs.meta.encode(meta) });
  const { eventRows, sideOutputs, sentOn } = processor;
  const { rows, published } = results;
  return { meta, eventRows, resultRows: rows, published, entries, sideOutputs, sentOn };
}

/** The changes of a commit that changes the task's own record and nothing else. */
export function metaAlone(meta: TaskMeta, { meta: codec }: EngineCodecs): Changes<never> {
  return {
    meta,
    eventRows: [],
    resultRows: [],
    published: [],
    entries: [{ key: metaKey, value: codec.encode(meta) }],
    sideOutputs: [],
    sentOn: [],
  };
}

/** Rows of every window that has changed; entries of those that are not in the key's row. */
function collectWindows<E, A, R>(
  { topology, cache }: ChangeSources<E, A, R>,
  owner: CachedKey<A>,
  { results, entries, lengths }: {
    readonly results: ResultOutputs<A, R>;
    readonly entries: StoreEntry[];
    readonly lengths: readonly TimeWindows[];
  },
): void {
  const lengthOf = (length: number) => lengths[length] as TimeWindows;
  const addResult = (length: number, { startMs, state }: CachedWindow<A>) =>
    results.add(owner.key, startMs, lengthOf(length), state);
  for (const { length, window } of owner.left) {
    addResult(length, window);
    const sizeMs = length === 0 ? undefined : lengthOf(length).sizeMs;
    const key = rowKey(owner.key, sizeMs, window.startMs);
    entries.push({ key, value: topology.windowCodec.encode(window.state) });
    // A session may have begun before what is purged: then its row is one of the changelog alone.
    if (window.startMs < (owner.state.purgedToMs[length] as number)) {
      entries.push({ key, value: null });
    }
  }
  for (const [length, windows] of cache.openWindows(owner).entries()) {
    for (const window of windows) if (window.dirty) addResult(length, window);
  }
  for (const window of windowsWithRows(topology, owner)) {
    if (window.hasRow && !window.dirty) {
      window.bytes = undefined; // the store has had it since an earlier commit
      continue;
    }
    entries.push({ key: windowKey(owner.key, window.startMs), value: bytesOf(topology, window) });
    window.hasRow = true;
  }
}

/** False for a key none of whose windows can have outlived its retention since it was purged. */
function mayExpire<A>(
  { state: { streamTimeMs, purgedToMs }, renewedFromMs }: CachedKey<A>,
  lengths: readonly TimeWindows[],
): boolean {
  for (let length = 0; length < lengths.length; length++) {
    const outlivedMs = streamTimeMs - (lengths[length] as TimeWindows).retentionMs;
    if (Math.max(outlivedMs, renewedFromMs) > (purgedToMs[length] as number)) return true;
  }
  return false;
}

/**
 * Deletes the key's windows that outlived the retention, those of this commit included. What does
 * not fit into the commit, as the retention has become a shorter one, goes with the key's next.
 */
async function collectExpired<E, A, R>(
  { topology, store }: ChangeSources<E, A, R>,
  { key, keyHash, state, stored, left, renewedFromMs }: CachedKey<A>,
  purge: Purge,
): Promise<void> {
  const { levels } = topology.rollUps;
  for (const [length, windows] of lengthsOf(topology).entries()) {
    const outlivedMs = purgeHorizonMs(state.streamTimeMs, windows, keyHash);
    const neededMs = neededFromMs(state.closedToMs, length - 1, levels);
    const horizonMs = Math.max(renewedFromMs, Math.min(outlivedMs, neededMs));
    const purgedToMs = state.purgedToMs[length] as number;
    if (horizonMs <= purgedToMs) continue;
    const sizeMs = length === 0 ? undefined : windows.sizeMs;
    const found: number[] = [];
    if (stored) {
      const range = rowRange(key, sizeMs, purgedToMs, horizonMs);
      const limit = purge.rowsLeft + 1;
      for await (const row of store.scan({ ...range, limit })) found.push(windowStartOf(row.key));
    }
    const firstLeftMs = found.length > purge.rowsLeft ? found.pop() : undefined;
    purge.rowsLeft -= found.length;
    const toMs = state.purgedToMs[length] = firstLeftMs ?? horizonMs;
    const expired = new Set(found);
    for (const { length: of, window: { startMs } } of left) {
      if (of === length && startMs < toMs) expired.add(startMs);
    }
    for (const startMs of expired) {
      purge.entries.push({ key: rowKey(key, sizeMs, startMs), value: null });
    }
  }
}

/** The changelog records of changed state. */
export function changelogRecords(
  entries: readonly StoreEntry[],
  { topic, partition }: TopicPartition,
  timestampMs: number,
): OutputRecord[] {
  return entries.map(({ key, value }) => ({ topic, partition, timestampMs, key, value }));
}
