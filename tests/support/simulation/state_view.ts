import type { TaskMeta } from "../../../src/streams/state.ts";
import type { KeyState, WindowState } from "../../../src/streams/state.ts";
import type { Total } from "../counting_topology.ts";
import { metaText, type PieceName } from "./model.ts";

/** A stored entry in the model's words. */
export interface Piece {
  readonly name: PieceName;
  /** Only of the task's own record. */
  readonly inputOffset?: number;
  readonly text: string;
}

const pieces = new WeakMap<Uint8Array, Piece>();

/** What was read of a value before, if it was. */
export function knownPiece(value: Uint8Array): Piece | undefined {
  return pieces.get(value);
}

/** Reads an entry of a store or changelog of the counting job. */
export function pieceOf(key: Uint8Array, value: Uint8Array): Piece {
  const known = pieces.get(value);
  if (known !== undefined) return known;
  const piece = { name: nameOfHex(key.toHex()), ...contentOf(key[0], value) };
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
  const start = new DataView(key.buffer, key.byteOffset + key.length - 8).getBigInt64(0);
  const bytes = [...key.subarray(1, -9)];
  const text = bytes.filter((_, i) => bytes[i - 1] !== 0); // the ff behind every 00
  return `window ${new TextDecoder().decode(Uint8Array.from(text))} ${start}`;
}

function contentOf(kind: number | undefined, value: Uint8Array): Omit<Piece, "name"> {
  const json = JSON.parse(new TextDecoder().decode(value));
  switch (String.fromCharCode(kind ?? 0)) {
    case "m":
      return metaContent(json);
    case "k":
      return { text: keyText(json) };
    default:
      return { text: windowText(json) };
  }
}

function metaContent({ inputOffset, versionUs, counts }: TaskMeta): Omit<Piece, "name"> {
  return { inputOffset, text: metaText(versionUs, counts) };
}

function keyText({ streamTimeMs, openWindows, purgedToMs }: KeyState): string {
  return `${streamTimeMs} [${openWindows.join()}] ${purgedToMs}`;
}

function windowText({ aggregate, final, versionUs, receivedAtMs }: WindowState<Total>): string {
  return `${aggregate.count} ${aggregate.sum} ${final} ${versionUs} ${receivedAtMs}`;
}
