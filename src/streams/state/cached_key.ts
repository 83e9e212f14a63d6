import { assert } from "../../base/assert.ts";
import { murmur2 } from "../partitioner.ts";
import type { StateStore } from "../ports.ts";
import { encodeText } from "../text.ts";
import { decodeState } from "../topology/codec.ts";
import { rollUpStart } from "../topology/roll_ups.ts";
import type { Topology } from "../topology/topology.ts";
import type { TimeWindows } from "../topology/windows.ts";
import { decodeKeyRow, encodeKeyRow, inlineMaxOf, keyRowForm } from "./key_row.ts";
import type { KeyState, KeyTimes, WindowState } from "../topology/key_state.ts";
import { keyStateKey, windowKey } from "./store_keys.ts";
import type { ExpiringTopology } from "./horizon.ts";

/** One window in memory, decoded when it is asked for. */
export interface KeptWindow<A> {
  readonly startMs: number;
  /** `undefined` until it is decoded. */
  state: WindowState<A> | undefined;
  /** As its codec has it, until it is decoded, where it was read from the row of its key. */
  bytes: Uint8Array | undefined;
  /** Changed since the last commit began. */
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
  /** A hash of the key: see `purgeHorizonMs`. */
  readonly keyHash: number;
  /** False for a key of which the store has nothing yet, nor gets it with the commit under way. */
  stored: boolean;
  /** Changed since the last commit, or one of its windows was. */
  dirty: boolean;
  /** What the commit that begins writes of it. */
  row: Uint8Array | undefined;
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

/** A key as its row in the store has it; one without a row stands at the epoch. */
export function loadKey<A>(
  { windows: lengths, rollUps: { levels } }: KeyTopology<A>,
  key: string,
  row: Uint8Array | undefined,
): CachedKey<A> {
  const form = keyRowForm(lengths);
  const whole = { length: levels.length + form.more };
  if (row === undefined) {
    const state = { streamTimeMs: 0, closedToMs: 0, purgedToMs: [0, ...levels.map(() => 0)] };
    return cachedKey(key, { state, windows: [], closedParts: Array.from(whole, () => undefined) });
  }
  const content = decodeKeyRow(row, form);
  const { openWindows, streamTimeMs, closedToMs, purgedToMs } = content.state;
  const ownRows = openWindows.length - content.windows.length;
  const windows = openWindows.map((startMs, index): KeptWindow<A> =>
    storedWindow(startMs, content.windows[index - ownRows])
  );
  const closedParts = Array.from(whole, (_, index): KeptWindow<A> | undefined => {
    const [bytes, level] = [content.closedParts[index], levels[index]];
    // The newest closed window is known by its content alone.
    return bytes && storedWindow(level === undefined ? 0 : rollUpStart(closedToMs, level), bytes);
  });
  const state = { streamTimeMs, closedToMs, purgedToMs };
  return { ...cachedKey(key, { state, windows, closedParts }), stored: true };
}

function cachedKey<A>(
  key: string,
  { state, windows, closedParts }: Pick<CachedKey<A>, "state" | "windows" | "closedParts">,
): CachedKey<A> {
  return {
    key,
    state,
    windows,
    closedParts,
    left: [],
    renewedFromMs: 0,
    keyHash: murmur2(encodeText(key)) >>> 0,
    stored: false,
    dirty: false,
    row: undefined,
  };
}

/** @param bytes `undefined` for a window with a row of its own. */
function storedWindow<A>(startMs: number, bytes: Uint8Array | undefined): KeptWindow<A> {
  const hasRow = bytes === undefined;
  return { startMs, state: undefined, bytes, dirty: false, hasRow };
}

/** A window without events. */
export function newWindow<A>({ aggregator }: KeyTopology<A>, startMs: number): CachedWindow<A> {
  const aggregate = aggregator.initial();
  const state = { aggregate, final: false, versionUs: 0, receivedAtMs: 0 };
  return { startMs, state, bytes: undefined, dirty: false, hasRow: false };
}

/** A window of the key with its state, read from where it is. */
export function opened<A>(
  { windowCodec }: KeyTopology<A>,
  store: Pick<StateStore, "get">,
  { key }: CachedKey<A>,
  window: KeptWindow<A>,
): CachedWindow<A> {
  if (window.state === undefined) {
    const bytes = window.bytes ?? store.get(windowKey(key, window.startMs));
    assert(bytes !== undefined, `open window of ${key} is missing: ${window.startMs}`);
    window.state = decodeState(windowCodec, bytes);
    window.bytes = undefined;
  }
  return window as CachedWindow<A>;
}

/** The row of a key as it is now. */
export function keyRowOf<A>(
  job: KeyTopology<A>,
  { state, windows, closedParts }: CachedKey<A>,
): Uint8Array {
  return encodeKeyRow({
    state: stateOf(state, windows),
    windows: windows.slice(-inlineMaxOf(job.windows)).map((window) => bytesOf(job, window)),
    closedParts: closedParts.map((parts) => parts && bytesOf(job, parts)),
  });
}

/** Written out: to spread an object takes as long as all the rest of a row. */
function stateOf<A>(
  { streamTimeMs, closedToMs, purgedToMs }: KeyTimes,
  windows: readonly KeptWindow<A>[],
): KeyState {
  const openWindows = windows.map(({ startMs }) => startMs);
  return { streamTimeMs, closedToMs, purgedToMs, openWindows };
}

/** A window as its codec has it. */
export function bytesOf<A>({ windowCodec }: KeyTopology<A>, window: KeptWindow<A>): Uint8Array {
  if (window.bytes !== undefined) return window.bytes;
  assert(window.state !== undefined, "a window in the row of its key is read with it");
  return windowCodec.encode(window.state);
}

/** Those whose content is not in the row of their key. */
export function windowsWithRows<A>(
  job: Pick<KeyTopology<A>, "windows">,
  { windows }: CachedKey<A>,
): readonly KeptWindow<A>[] {
  const inlineMax = inlineMaxOf(job.windows);
  return windows.length <= inlineMax ? [] : windows.slice(0, -inlineMax);
}

/** Reads a key from the store; `undefined` for one that it does not have. */
export function readKey<A>(
  job: KeyTopology<A>,
  store: Pick<StateStore, "get">,
  key: string,
): CachedKey<A> | undefined {
  const row = store.get(keyStateKey(key));
  return row && loadKey(job, key, row);
}
