import type { StateStore, StoreEntry } from "../ports.ts";
import type { OutputRecord, TopicPartition } from "../record.ts";
import type { RecordProcessor } from "../processing/processor.ts";
import {
  bytesOf,
  type CachedKey,
  type KeyTopology,
  type KnownKey,
  lengthsOf,
  windowsWithRows,
} from "../state/cached_key.ts";
import type { KeyValues } from "../state/key_values.ts";
import type { EngineCodecs, TaskMeta } from "../state/state.ts";
import {
  keyStateKey,
  metaKey,
  rowKey,
  rowRange,
  windowKey,
  windowStartOf,
} from "../state/store_keys.ts";
import { changedResults, type CommittedResults } from "./changed_results.ts";
import { isWritten, type Topology, type WindowResult } from "../topology/topology.ts";
import { lastWindowStart, purgeHorizonMs, type TimeWindows } from "../topology/windows.ts";
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
  /** Changed windows, true once the commit has happened. */
  readonly results: CommittedResults;
  /** Records of streams and of changed windows, true with the commit. */
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
  readonly stores: KeyValues;
  readonly processor: RecordProcessor<E, A, R>;
  readonly sweep: Sweep;
  /** Partition of the task: its results stay in it, so that what is keyed alike lies alike. */
  readonly partition: number;
  /** Windows with a later write time have changed, microseconds. */
  readonly shownUs: number;
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
  const { topology, codecs, store, cache, stores, processor } = sources;
  const { meta } = processor;
  const entries: StoreEntry[] = [];
  const lengths = lengthsOf(topology);
  const purge: Purge = { entries, rowsLeft: purgedRowsMax };
  for (const owner of cache.dirtyKeys) {
    collectWindows(topology, lengths, owner, entries);
    for (const due of outlived(lengths, owner)) {
      // Nothing of a new key is in the store, and there may be a million of them.
      const found = owner.stored ? await storedStarts(store, owner, due, purge.rowsLeft) : [];
      collectExpired(owner, due, found, purge);
    }
    entries.push({ key: keyStateKey(owner.key), value: cache.rowOf(owner) });
  }
  entries.push(
    ...stores.entries(),
    ...await sources.sweep.collect(sources, meta.horizon),
    { key: metaKey, value: codecs.meta.encode(meta) },
  );
  const { eventRows, sideOutputs, sentOn, emitted } = processor;
  const results = { entries, shownUs: sources.shownUs, wholeFromMs: meta.wholeFromMs };
  const published = topology.topics.length === 0
    ? emitted
    : [...emitted, ...publishedOf(sources, changedResults(topology, store, results))];
  return { meta, eventRows, results, published, entries, sideOutputs, sentOn };
}

function publishedOf<E, A, R>(
  { topology: { topics }, partition }: ChangeSources<E, A, R>,
  results: Iterable<WindowResult<A>>,
): OutputRecord[] {
  const published: OutputRecord[] = [];
  for (const result of results) {
    for (const output of topics) {
      if (!isWritten(output, result)) continue;
      const [{ topic }, timestampMs] = [output, result.receivedAtMs];
      published.push({ topic, partition, timestampMs, ...output.make(result) });
    }
  }
  return published;
}

/** The changes of a commit that changes the task's own record and nothing else. */
export function metaAlone(meta: TaskMeta, { meta: codec }: EngineCodecs): Changes<never> {
  return {
    meta,
    eventRows: [],
    results: { entries: [], shownUs: 0, wholeFromMs: meta.wholeFromMs },
    published: [],
    entries: [{ key: metaKey, value: codec.encode(meta) }],
    sideOutputs: [],
    sentOn: [],
  };
}

/** Entries of the windows that are not in the key's row, or no longer. */
function collectWindows<A>(
  topology: KeyTopology<A>,
  lengths: readonly TimeWindows[],
  owner: CachedKey<A>,
  entries: StoreEntry[],
): void {
  for (const { length, window } of owner.left) {
    const sizeMs = length === 0 ? undefined : lengths[length]?.sizeMs;
    const key = rowKey(owner.key, sizeMs, window.startMs);
    entries.push({ key, value: topology.windowCodec.encode(window.state) });
    // A session may have begun before what is purged: then its row is one of the changelog alone.
    if (window.startMs < (owner.state.purgedToMs[length] as number)) {
      entries.push({ key, value: null });
    }
  }
  for (const window of windowsWithRows(topology, owner)) {
    if (window.hasRow && !window.dirty) {
      window.bytes = undefined; // the store has had it since an earlier commit
      continue;
    }
    const value = bytesOf(topology, owner, window).slice();
    entries.push({ key: windowKey(owner.key, window.startMs), value });
    window.from = window.to = 0;
    window.bytes = value;
    window.hasRow = true;
  }
}

/** Windows of a key of one length that have outlived their retention. */
interface Outlived {
  readonly length: number;
  /** Of a roll-up. */
  readonly sizeMs: number | undefined;
  readonly fromMs: number;
  readonly toMs: number;
}

const none: readonly Outlived[] = [];

/** By length, what of a key can have outlived its retention since it was purged. */
function outlived<A>(
  lengths: readonly TimeWindows[],
  { state, known, renewedFromMs }: CachedKey<A>,
): readonly Outlived[] {
  let all: Outlived[] | undefined;
  for (let length = 0; length < lengths.length; length++) {
    const windows = lengths[length] as TimeWindows;
    const fromMs = state.purgedToMs[length] as number;
    if (Math.max(state.streamTimeMs - windows.retentionMs, renewedFromMs) <= fromMs) continue;
    const outlivedMs = purgeHorizonMs(state.streamTimeMs, windows, (known as KnownKey<A>).hash);
    const openFromMs = lastWindowStart(state.closedToMs, windows);
    const toMs = Math.max(renewedFromMs, Math.min(outlivedMs, openFromMs));
    if (toMs <= fromMs) continue;
    const sizeMs = length === 0 ? undefined : windows.sizeMs;
    (all ??= []).push({ length, sizeMs, fromMs, toMs });
  }
  return all ?? none;
}

/** Starts of the windows that the store has, of one more than may go. */
async function storedStarts<A>(
  store: StateStore,
  { key }: CachedKey<A>,
  { sizeMs, fromMs, toMs }: Outlived,
  rowsLeft: number,
): Promise<number[]> {
  const found: number[] = [];
  const range = { ...rowRange(key, sizeMs, fromMs, toMs), limit: rowsLeft + 1 };
  for await (const rows of store.scan(range)) {
    for (const { key } of rows) found.push(windowStartOf(key));
  }
  return found;
}

/**
 * Deletes the key's windows that outlived the retention, those of this commit included. What does
 * not fit into the commit, as the retention has become a shorter one, goes with the key's next.
 */
function collectExpired<A>(
  { key, state, left }: CachedKey<A>,
  { length, sizeMs, toMs }: Outlived,
  found: number[],
  purge: Purge,
): void {
  const firstLeftMs = found.length > purge.rowsLeft ? found.pop() : undefined;
  purge.rowsLeft -= found.length;
  const purgedToMs = state.purgedToMs[length] = firstLeftMs ?? toMs;
  const expired = new Set(found);
  for (const { length: of, window: { startMs } } of left) {
    if (of === length && startMs < purgedToMs) expired.add(startMs);
  }
  for (const startMs of expired) {
    purge.entries.push({ key: rowKey(key, sizeMs, startMs), value: null });
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
