import type { OtherPosition, TaskMeta } from "../../../src/streams/state/state.ts";
import type { StoreView } from "../../../src/streams/testing/memory_stores.ts";
import type { WindowState } from "../../../src/streams/topology/key_state.ts";
import type { Total } from "../counting_topology.ts";
import type { PieceName } from "./history.ts";
import { metaText } from "./fold_texts.ts";
import {
  type KeyRowView,
  piecesInKey,
  readKeyRow,
  readWindow,
  type RowsOf,
} from "./key_row_view.ts";

/** A stored entry in the model's words. */
export interface Piece {
  readonly name: PieceName;
  /** Only of the task's own record, as the next one is. */
  readonly inputOffset?: number;
  readonly rekeyedOffset?: number;
  readonly others?: readonly OtherPosition[];
  /** How often the rules had changed; only of the task's own record. */
  readonly changes?: number;
  /** Only of a key. */
  readonly row?: KeyRowView;
  /** Only of a window with a row of its own. */
  readonly window?: WindowState<Total>;
  readonly text: string;
}

/** Pieces by their bytes, which worlds of both kinds may share: those of drawn jobs are not read. */
const readPieces = new WeakMap<Uint8Array, Piece>();
const unreadPieces = new WeakMap<Uint8Array, Piece>();

function knownPieces({ unread = false }: RowsOf): WeakMap<Uint8Array, Piece> {
  return unread ? unreadPieces : readPieces;
}

/** What a store holds. */
export function piecesOf(store: StoreView | undefined, rows: RowsOf): Map<PieceName, Piece> {
  const content = new Map<PieceName, Piece>();
  const known = knownPieces(rows);
  for (const [hex, value] of store?.entries ?? []) {
    content.set(nameOfHex(hex), known.get(value) ?? pieceOf(Uint8Array.fromHex(hex), value, rows));
  }
  return content;
}

/** Reads an entry of a store or changelog of the counting job. */
export function pieceOf(key: Uint8Array, value: Uint8Array, rows: RowsOf = {}): Piece {
  const pieces = knownPieces(rows);
  const known = pieces.get(value);
  if (known !== undefined) return known;
  const piece = { name: nameOfHex(key.toHex()), ...contentOf(key[0], value, rows) };
  pieces.set(value, piece);
  return piece;
}

const names = new Map<string, PieceName>();

/** The name of a store key in hexadecimal. */
export function nameOfHex(hex: string): PieceName {
  const known = names.get(hex);
  if (known !== undefined) return known;
  const name = nameOf(Uint8Array.fromHex(hex));
  names.set(hex, name);
  return name;
}

function nameOf(key: Uint8Array): PieceName {
  const kind = String.fromCharCode(key[0] ?? 0);
  if (kind === "m") return "meta";
  if (kind === "k") return `key ${new TextDecoder().decode(key.subarray(1))}`;
  if (kind === "t") return `stored ${nameIn(key)} ${decoded(key.subarray(key.indexOf(0) + 1))}`;
  const start = timeAt(key, -8);
  if (kind === "s") {
    return `stored ${nameIn(key)} ${escapedText(key.subarray(key.indexOf(0) + 1, -9))} ${start}`;
  }
  if (kind === "w") return `window ${escapedText(key.subarray(1, -9))} ${start}`;
  return `roll-up/${timeAt(key, -16)} ${escapedText(key.subarray(1, -17))} ${start}`;
}

/** The name of a key-value store, from the key of a row. */
function nameIn(key: Uint8Array): string {
  return decoded(key.subarray(1, key.indexOf(0)));
}

function decoded(bytes: Uint8Array): string {
  return new TextDecoder().decode(bytes);
}

function timeAt(key: Uint8Array, fromEnd: number): bigint {
  return new DataView(key.buffer, key.byteOffset + key.length + fromEnd).getBigInt64(0);
}

function escapedText(escaped: Uint8Array): string {
  const bytes = escaped.filter((_, i) => escaped[i - 1] !== 0); // the ff behind every 00
  return new TextDecoder().decode(bytes);
}

function contentOf(
  kind: number | undefined,
  value: Uint8Array,
  rows: RowsOf,
): Omit<Piece, "name"> {
  const tag = String.fromCharCode(kind ?? 0);
  if (rows.unread === true && tag !== "m") return { text: value.toHex() };
  if (tag === "k") return { row: readKeyRow(value, rows), text: value.toHex() };
  if (tag === "m") return metaContent(JSON.parse(new TextDecoder().decode(value)));
  if (tag === "t") return { text: decoded(value) };
  if (tag === "s") return { text: value[0] === 1 ? "scheduled" : decoded(value) };
  const window = readWindow(value, rows);
  return { window, text: windowText(window) };
}

/**
 * A state in the model's words, with the open windows that are in the rows of their keys, and of a
 * join all that waits of a key, wherever it lies.
 */
export function stateOf(pieces: ReadonlyMap<PieceName, Piece>): Map<PieceName, string> {
  const state = waitingIn(pieces);
  for (const [name, { row, text }] of pieces) {
    if (joinStore.test(name)) continue;
    if (row === undefined) {
      state.set(name, text);
      continue;
    }
    const key = name.slice("key ".length);
    const ownRow = (start: number) => pieces.get(`window ${key} ${start}`)?.window;
    for (const [inside, content] of piecesInKey(key, row, ownRow)) {
      state.set(inside, typeof content === "string" ? content : windowText(content));
    }
  }
  return state;
}

const joinStore = /^(stored \S+\.(?:left|right) \S+)(?: (\d+))?$/;

/** What waits for partners, by store and key; of equal times as it came. */
function waitingIn(pieces: ReadonlyMap<PieceName, Piece>): Map<PieceName, string> {
  const parts = [...pieces].flatMap(([name, { text }]) => {
    const [, ofKey, atMs = Infinity] = joinStore.exec(name) ?? [];
    return ofKey === undefined ? [] : [{ ofKey, atMs: Number(atMs), text }];
  });
  const byKey = Map.groupBy(parts.sort((a, b) => a.atMs - b.atMs), ({ ofKey }) => ofKey);
  return new Map([...byKey].map(([ofKey, some]) => {
    const values: [timeMs: number][] = some.flatMap(({ text }) => JSON.parse(text).values);
    return [ofKey, JSON.stringify(values.sort(([a], [b]) => a - b))];
  }));
}

function metaContent(
  {
    inputOffset,
    rekeyedOffset,
    others = [],
    versionUs,
    counts,
    rules: { changes },
    horizon,
    timeMs,
  }: TaskMeta,
): Omit<Piece, "name"> {
  return {
    inputOffset,
    rekeyedOffset,
    others,
    changes,
    text: metaText(versionUs, counts, horizon, timeMs),
  };
}

function windowText(
  { aggregate, final, versionUs, receivedAtMs, spanMs, withdrawn }: WindowState<Total>,
): string {
  const text = `${aggregate.count} ${aggregate.sum} ${final} ${versionUs} ${receivedAtMs}`;
  return spanMs === undefined ? text : `${text} ${spanMs} ${withdrawn}`;
}
