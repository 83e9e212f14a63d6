import { assert } from "../../base/assert.ts";
import { murmur2 } from "../partitioner.ts";
import type { StateStore } from "../ports.ts";
import { encodeText } from "../text.ts";
import { decodeState } from "../topology/codec.ts";
import { rollUpStart } from "../topology/roll_ups.ts";
import type { Topology } from "../topology/topology.ts";
import type { TimeWindows } from "../topology/windows.ts";
import {
  decodeKeyRow,
  encodeKeyRow,
  inlineMaxOf,
  type KeyRow,
  keyRowForm,
  type RowBytes,
  wholeRow,
} from "./key_row.ts";
import type { KeyTimes, WindowState } from "../topology/key_state.ts";
import { keyStateKey, windowKey } from "./store_keys.ts";
import type { ExpiringTopology } from "./horizon.ts";

/** One window in memory, decoded when it is asked for. */
export interface KeptWindow<A> {
  readonly startMs: number;
  /** `undefined` until it is decoded. */
  state: WindowState<A> | undefined;
  /** Where its content is in the row of its key, until it changes; `to` is 0 where it is not. */
  from: number;
  to: number;
  /** As its codec has it, where it has left the row of its key for one that the store gets. */
  bytes: Uint8Array | undefined;
  /** Changed since the last commit began; says so of open windows only. */
  dirty: boolean;
  /** True while the store has it in a row of its own, or gets it with the commit under way. */
  hasRow: boolean;
}

/** One window in memory, decoded. */
export interface CachedWindow<A> extends KeptWindow<A> {
  state: WindowState<A>;
}

/** A window of some length. */
export interface WindowOfLength<A> {
  /** Index of the length: 0 for the job's windows, then its roll-ups. */
  readonly length: number;
  readonly window: CachedWindow<A>;
}

/** One key in memory: what its row holds, and what has changed since the last commit began. */
export interface CachedKey<A> {
  readonly key: string;
  readonly state: KeyTimes;
  /** Its open windows, ascending. */
  windows: KeptWindow<A>[];
  /**
   * By rolled-up length: the closed parts, merged, of the one rolled-up window that has both closed
   * and open ones or may get them. Of sliding windows the newest closed one, for what may still be
   * made of its events.
   */
  readonly closedParts: (KeptWindow<A> | undefined)[];
  /** Windows that left the row since the last commit, as they were closed or given up. */
  left: WindowOfLength<A>[];
  /** Its windows that start before this are gone, as it had expired, epoch ms. */
  renewedFromMs: number;
  /** False for a key of which the store has nothing yet, nor gets it with the commit under way. */
  stored: boolean;
  /** Changed since the last commit, or one of its windows was. */
  dirty: boolean;
  /** Where its row begins, as it was read or as the last commit has it, in an array with others. */
  source: Uint8Array;
  sourceAt: number;
  /** Its length; 0 for a key that was never in a commit. */
  sourceBytes: number;
  /** What the commit that begins writes of it. */
  row: Uint8Array | undefined;
  /** Where its cache knows it; of one in no cache `undefined`. */
  known: KnownKey<A> | undefined;
}

/** A key that a cache knows: as an object while it is in use, and as bytes. */
export interface KnownKey<A> {
  owner: CachedKey<A> | undefined;
  /** Where its row lies, as the last commit has it. */
  place: number;
  /** The generation in which it was in use last. */
  generation: number;
  /** See `purgeHorizonMs`. */
  readonly hash: number;
}

/** What must be known of a job to read its keys. */
export type KeyTopology<A> = Pick<
  Topology<never, A, never>,
  "windowCodec" | "aggregator" | "windows" | "rollUps"
>;

/** The lengths of a job's windows, shortest first: its own, then those they are rolled up to. */
export function lengthsOf(
  { windows, rollUps }: Pick<ExpiringTopology, "windows" | "rollUps">,
): readonly TimeWindows[] {
  return [windows, ...rollUps.levels];
}

/** A key as its row in the store has it. */
export function loadKey<A>(
  { windows: lengths, rollUps: { levels } }: KeyTopology<A>,
  key: string,
  row: RowBytes,
): CachedKey<A> {
  const content = decodeKeyRow(row, keyRowForm(lengths), {
    window: storedWindow<A>,
    part(index, closedToMs, from, to) {
      const level = levels[index];
      // The newest closed window is known by its content alone.
      return storedWindow<A>(level === undefined ? 0 : rollUpStart(closedToMs, level), from, to);
    },
  });
  const owner = cachedKey(key, content);
  owner.stored = true;
  owner.source = row.bytes;
  owner.sourceAt = row.begin;
  owner.sourceBytes = row.end - row.begin;
  return owner;
}

/** A key that was never seen: it stands at the epoch. */
export function newKey<A>(
  { windows, rollUps: { levels } }: KeyTopology<A>,
  key: string,
): CachedKey<A> {
  const parts = levels.length + keyRowForm(windows).more;
  return cachedKey(key, {
    streamTimeMs: 0,
    closedToMs: 0,
    purgedToMs: new Array(1 + levels.length).fill(0),
    windows: [],
    closedParts: new Array(parts).fill(undefined),
  });
}

function cachedKey<A>(
  key: string,
  { streamTimeMs, closedToMs, purgedToMs, windows, closedParts }: KeyRow<KeptWindow<A>>,
): CachedKey<A> {
  return {
    key,
    state: { streamTimeMs, closedToMs, purgedToMs },
    windows,
    closedParts,
    left: [],
    renewedFromMs: 0,
    stored: false,
    dirty: false,
    source: noRow,
    sourceAt: 0,
    sourceBytes: 0,
    row: undefined,
    known: undefined,
  };
}

/** The hash that `KnownKey` has. */
export function hashOf(key: string): number {
  return murmur2(encodeText(key)) >>> 0;
}

const noRow = new Uint8Array(0);

/** @param to 0 for a window with a row of its own. */
function storedWindow<A>(startMs: number, from: number, to: number): KeptWindow<A> {
  return { startMs, state: undefined, from, to, bytes: undefined, dirty: false, hasRow: to === 0 };
}

/** A window without events. */
export function newWindow<A>({ aggregator }: KeyTopology<A>, startMs: number): CachedWindow<A> {
  const aggregate = aggregator.initial();
  const state = { aggregate, final: false, versionUs: 0, receivedAtMs: 0 };
  return { startMs, state, from: 0, to: 0, bytes: undefined, dirty: false, hasRow: false };
}

/** A window of the key with its state, read from where it is. */
export function opened<A>(
  { windowCodec }: KeyTopology<A>,
  store: Pick<StateStore, "get">,
  owner: CachedKey<A>,
  window: KeptWindow<A>,
): CachedWindow<A> {
  if (window.state === undefined) {
    const bytes = keptBytes(owner, window) ?? store.get(windowKey(owner.key, window.startMs));
    assert(bytes !== undefined, `open window of ${owner.key} is missing: ${window.startMs}`);
    window.state = decodeState(windowCodec, bytes);
  }
  return window as CachedWindow<A>;
}

/**
 * The row of a key as it is now, of which its windows are parts from then on.
 *
 * @returns Short-lived bytes, see `shortLivedBytes`.
 */
export function keyRowOf<A>(job: KeyTopology<A>, owner: CachedKey<A>): Uint8Array {
  const { state: { streamTimeMs, closedToMs, purgedToMs }, windows, closedParts } = owner;
  const row = { streamTimeMs, closedToMs, purgedToMs, windows, closedParts };
  return encodeKeyRow(row, keyRowForm(job.windows), (window, writer) => {
    const { from, to } = window;
    let length = to - from;
    if (to > 0) writer.copied(owner.source, owner.sourceAt + from, owner.sourceAt + to);
    else length = writer.block(bytesOf(job, owner, window));
    window.to = writer.at;
    window.from = writer.at - length;
  });
}

/** A window as its codec has it. */
export function bytesOf<A>(
  { windowCodec }: KeyTopology<A>,
  owner: CachedKey<A>,
  window: KeptWindow<A>,
): Uint8Array {
  const kept = keptBytes(owner, window);
  if (kept !== undefined) return kept;
  assert(window.state !== undefined, "a window in the row of its key is read with it");
  return windowCodec.encode(window.state);
}

/** What is known of it as bytes; `undefined` where it has changed, or only the store has them. */
function keptBytes<A>(
  { source, sourceAt }: CachedKey<A>,
  { bytes, from, to }: KeptWindow<A>,
): Uint8Array | undefined {
  return to > 0 ? source.subarray(sourceAt + from, sourceAt + to) : bytes;
}

/** Those whose content is not in the row of their key. */
export function windowsWithRows<A>(
  job: Pick<KeyTopology<A>, "windows">,
  { windows }: CachedKey<A>,
): readonly KeptWindow<A>[] {
  return windows.slice(0, -inlineMaxOf(job.windows));
}

/** Reads a key from the store; `undefined` for one that it does not have. */
export function readKey<A>(
  job: KeyTopology<A>,
  store: Pick<StateStore, "get">,
  key: string,
): CachedKey<A> | undefined {
  const row = store.get(keyStateKey(key));
  return row && loadKey(job, key, wholeRow(row));
}
