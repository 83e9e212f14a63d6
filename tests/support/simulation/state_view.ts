import type { TaskMeta } from "../../../src/streams/state/state.ts";
import type { KeyState, WindowState } from "../../../src/streams/state/state.ts";
import type { Total } from "../counting_topology.ts";
import type { PieceName } from "./fold.ts";
import { metaText, windowsText } from "./fold_texts.ts";

/** A stored entry in the model's words. */
export interface Piece {
  readonly name: PieceName;
  /** Only of the task's own record, as the next one is. */
  readonly inputOffset?: number;
  readonly rekeyedOffset?: number;
  /** How often the rules had changed; only of the task's own record. */
  readonly changes?: number;
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
  const start = timeAt(key, -8);
  if (kind === "w") return `window ${escapedText(key.subarray(1, -9))} ${start}`;
  return `roll-up/${timeAt(key, -16)} ${escapedText(key.subarray(1, -17))} ${start}`;
}

function timeAt(key: Uint8Array, fromEnd: number): bigint {
  return new DataView(key.buffer, key.byteOffset + key.length + fromEnd).getBigInt64(0);
}

function escapedText(escaped: Uint8Array): string {
  const bytes = escaped.filter((_, i) => escaped[i - 1] !== 0); // the ff behind every 00
  return new TextDecoder().decode(bytes);
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

function metaContent(
  { inputOffset, rekeyedOffset, versionUs, counts, rules: { changes }, horizon }: TaskMeta,
): Omit<Piece, "name"> {
  return { inputOffset, rekeyedOffset, changes, text: metaText(versionUs, counts, horizon) };
}

function keyText({ streamTimeMs, closedToMs, rollUps, ...windows }: KeyState): string {
  return [`${streamTimeMs} ${closedToMs} ${windowsText(windows)}`, ...rollUps.map(windowsText)]
    .join(" | ");
}

function windowText({ aggregate, final, versionUs, receivedAtMs }: WindowState<Total>): string {
  return `${aggregate.count} ${aggregate.sum} ${final} ${versionUs} ${receivedAtMs}`;
}
