/** Rows of keys with the content of their windows as bytes of their own. */
import {
  decodeKeyRow,
  encodeKeyRow,
  type KeyRowForm,
  keyRowForm,
  wholeRow,
} from "../../src/streams/state/key_row.ts";
import type { KeyTimes } from "../../src/streams/topology/key_state.ts";

/** A window; without content one that has a row of its own. */
export interface PlainWindow {
  readonly startMs: number;
  readonly content?: Uint8Array;
}

/** See `KeyRow`. */
export interface PlainKeyRow extends KeyTimes {
  readonly windows: PlainWindow[];
  /** Their starts are 0. */
  readonly closedParts: (PlainWindow | undefined)[];
}

export function encodePlainKeyRow(row: PlainKeyRow, form: KeyRowForm = keyRowForm({})): Uint8Array {
  return encodeKeyRow(row, form, ({ content = new Uint8Array() }, writer) => writer.block(content));
}

export function decodePlainKeyRow(
  bytes: Uint8Array,
  form: KeyRowForm = keyRowForm({}),
): PlainKeyRow {
  const window = (startMs: number, from: number, to: number) => (
    to === 0 ? { startMs } : { startMs, content: bytes.slice(from, to) }
  );
  const part = (_index: number, _closedToMs: number, from: number, to: number) =>
    window(0, from, to);
  return decodeKeyRow(wholeRow(bytes), form, { window, part });
}
