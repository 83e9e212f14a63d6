import type { WindowState } from "../../../src/streams/topology/key_state.ts";
import type { Total } from "../counting_topology.ts";
import type { PieceName } from "./history.ts";
import { keyText } from "./fold_texts.ts";

type Window = WindowState<Total>;

/** The row of a key, as the auditor reads it by itself. */
export interface KeyRowView {
  readonly streamTimeMs: number;
  readonly closedToMs: number;
  readonly purgedToMs: number[];
  readonly open: readonly number[];
  /** Of the newest open windows, by start. */
  readonly windows: ReadonlyMap<number, Window>;
  /** By rolled-up length. */
  readonly closedParts: readonly (Window | undefined)[];
}

/** What of a job says how its rows are to be read. */
export interface RowsOf {
  /** Defined for sessions, all of which are in the row of their key. */
  readonly gapMs?: number | undefined;
  /** True for sliding windows, of which each has the time of its last event before all else. */
  readonly slides?: boolean;
  /** True where only the task's own record is read, and of all others no more than their bytes. */
  readonly unread?: boolean;
}

/** Windows that a row holds at most. */
const inlineMax = 8;
const rollUpSizesMs = [20_000, 60_000];

/** Reads the bytes that `src/streams/state/key_row.ts` documents. */
export function readKeyRow(bytes: Uint8Array, rows: RowsOf = {}): KeyRowView {
  const { gapMs, slides } = rows;
  let at = 0;
  const number = () => {
    let value = 0;
    for (let scale = 1;; scale *= 128) {
      const byte = bytes[at++] as number;
      value += byte % 128 * scale;
      if (byte < 128) return value;
    }
  };
  const numbers = () => Array.from({ length: number() }, number);
  const window = (): Window | undefined => {
    const length = number();
    return length === 0 ? undefined : readWindow(bytes.subarray(at, at += length), rows);
  };
  const [streamTimeMs, closedToMs, purgedToMs] = [number(), number(), numbers()];
  let beforeMs = 0;
  const open = numbers().map((distanceMs) => beforeMs += distanceMs);
  const inlined = gapMs === undefined ? open.slice(-inlineMax) : open;
  const windows = new Map(inlined.map((start) => [start, window() as Window]));
  const closedParts = purgedToMs.slice(1).map(window);
  if (slides === true) window(); // the newest closed one, which has a row of its own
  if (at !== bytes.length) throw new Error(`${bytes.length - at} bytes behind the row of a key`);
  return { streamTimeMs, closedToMs, purgedToMs, open, windows, closedParts };
}

/**
 * Reads a window: what the engine knows of it takes 17 bytes, of a session nine more before these,
 * then comes its total.
 */
export function readWindow(bytes: Uint8Array, { gapMs, slides }: RowsOf): Window {
  if (slides === true) return readWindow(bytes.subarray(8), {});
  if (gapMs !== undefined) {
    const [session, window] = [new DataView(bytes.buffer, bytes.byteOffset), bytes.subarray(9)];
    const [withdrawn, spanMs] = [session.getUint8(0) === 1, session.getFloat64(1)];
    return { ...readWindow(window, {}), spanMs, withdrawn };
  }
  const head = new DataView(bytes.buffer, bytes.byteOffset);
  return {
    aggregate: JSON.parse(new TextDecoder().decode(bytes.subarray(17))),
    final: head.getUint8(0) === 1,
    versionUs: head.getFloat64(1),
    receivedAtMs: head.getFloat64(9),
  };
}

/** What the row of a key holds, in the model's words. */
export function piecesInKey(
  key: string,
  row: KeyRowView,
  ownRow: (start: number) => Window | undefined,
): [PieceName, string | Window][] {
  const { streamTimeMs, closedToMs, purgedToMs, closedParts } = row;
  const windows = row.open.map((start): [number, Window] => {
    const window = row.windows.get(start) ?? ownRow(start);
    if (window === undefined) throw new Error(`open window of ${key} is missing: ${start}`);
    return [start, window];
  });
  const pieces = windows.map((
    [start, window],
  ): [PieceName, Window] => [`window ${key} ${start}`, window]);
  let parts = windows;
  const openRollUps = closedParts.map((closed, index) => {
    const sizeMs = rollUpSizesMs[index] as number;
    const closedStart = closedToMs - closedToMs % sizeMs;
    const all = closed === undefined
      ? parts
      : [[closedStart, closed] as [number, Window], ...parts];
    parts = [...Map.groupBy(all, ([start]) => start - start % sizeMs)]
      .map(([start, group]) => [start, group.map(([, window]) => window).reduce(added)]);
    for (const [start, whole] of parts) pieces.push([`roll-up/${sizeMs} ${key} ${start}`, whole]);
    return new Set(parts.map(([start]) => start));
  });
  const open = new Set(row.open);
  const text = keyText({ streamTimeMs, closedToMs, purgedToMs, open, openRollUps });
  return [[`key ${key}`, text], ...pieces];
}

function added(one: Window, other: Window): Window {
  const newest = one.versionUs >= other.versionUs ? one : other;
  const count = one.aggregate.count + other.aggregate.count;
  return { ...newest, aggregate: { count, sum: one.aggregate.sum + other.aggregate.sum } };
}
