/**
 * The bytes of a key's row: all that changes when the key has an event, so that a commit writes one
 * entry for it, however many windows the event falls into.
 *
 * | bytes | holds |
 * |---|---|
 * | number | stream time |
 * | number | to where windows are closed |
 * | number, then as many | per window length, shortest first: to where rows are purged |
 * | number, then as many | open windows: distance of each start to the one before, ascending |
 * | block each | the newest `inlineMax` of them, as the job's window codec has them |
 * | block each | per rolled-up length: its closed parts, merged; empty where there are none |
 * | block | of sliding windows: the newest closed one; empty where there is none |
 *
 * A number is a varint, seven bits a byte, lowest first; a block is its length and its bytes. Times
 * are epoch ms. See docs/adr/0022-one-row-per-key.md.
 */
import { shortLivedBytes } from "../../base/bytes.ts";
import { PipelineError } from "../../base/errors.ts";
import { decodeState } from "../topology/codec.ts";
import type { KeyState } from "../topology/key_state.ts";
import type { TimeWindows } from "../topology/windows.ts";

/**
 * Open windows whose content is in the row of their key. Older ones, which a long grace keeps open,
 * have rows of their own: a key's row stays small, whatever the grace is. Sessions are all in it: a
 * row of its own is that of a closed one, by its start, however long ago that was.
 */
export const inlineMax = 8;

/** The same for windows of some kind. */
export function inlineMaxOf({ sessions }: Pick<TimeWindows, "sessions">): number {
  return sessions === true ? Infinity : inlineMax;
}

/** What rows of some kind of windows hold. */
export interface KeyRowForm {
  /** Open windows whose content is in the row, at most. */
  readonly inlined: number;
  /** Blocks behind those of roll-ups. */
  readonly more: number;
}

/** The form of rows of windows of some kind. */
export function keyRowForm(windows: Pick<TimeWindows, "sessions" | "sliding">): KeyRowForm {
  return { inlined: inlineMaxOf(windows), more: windows.sliding === true ? 1 : 0 };
}

/** A key's row, its windows not decoded yet. */
export interface KeyRow {
  readonly state: KeyState;
  /** Of the last of the open windows, in their order. */
  readonly windows: readonly Uint8Array[];
  /** By rolled-up length; of sliding windows the newest closed one. */
  readonly closedParts: readonly (Uint8Array | undefined)[];
}

const writer = { bytes: new Uint8Array(16 * 1024), at: 0 };

/** @returns Short-lived bytes, see `shortLivedBytes`. */
export function encodeKeyRow({ state, windows, closedParts }: KeyRow): Uint8Array {
  writer.at = 0;
  putNumber(state.streamTimeMs);
  putNumber(state.closedToMs);
  putNumber(state.purgedToMs.length);
  for (const purgedToMs of state.purgedToMs) putNumber(purgedToMs);
  putNumber(state.openWindows.length);
  let beforeMs = 0;
  for (const startMs of state.openWindows) {
    putNumber(startMs - beforeMs);
    beforeMs = startMs;
  }
  for (const window of windows) putBlock(window);
  for (const parts of closedParts) putBlock(parts ?? nothing);
  const row = shortLivedBytes(writer.at);
  row.set(writer.bytes.subarray(0, writer.at));
  return row;
}

const nothing = new Uint8Array(0);

function putNumber(value: number): void {
  makeRoom(numberBytesMax);
  const { bytes } = writer;
  let { at } = writer;
  // Times are larger than the integers that a processor counts with here: two of them are not.
  let rest = value;
  if (value >= two28) {
    rest = Math.floor(value / two28);
    const low = value - rest * two28;
    bytes[at++] = low | 0x80;
    bytes[at++] = low >>> 7 | 0x80;
    bytes[at++] = low >>> 14 | 0x80;
    bytes[at++] = low >>> 21 | 0x80;
  }
  while (rest >= 0x80) {
    bytes[at++] = rest | 0x80;
    rest >>>= 7;
  }
  bytes[at++] = rest;
  writer.at = at;
}

function putBlock(block: Uint8Array): void {
  putNumber(block.length);
  makeRoom(block.length);
  writer.bytes.set(block, writer.at);
  writer.at += block.length;
}

function makeRoom(bytes: number): void {
  if (writer.at + bytes <= writer.bytes.length) return;
  const larger = new Uint8Array(2 * (writer.at + bytes));
  larger.set(writer.bytes.subarray(0, writer.at));
  writer.bytes = larger;
}

/** Of a number below 2^53. */
const numberBytesMax = 8;

const two28 = 2 ** 28;

/** @throws {PipelineError} `STATE_UNREADABLE`. */
export function decodeKeyRow(bytes: Uint8Array, form: KeyRowForm = keyRowForm({})): KeyRow {
  return decodeState({ decode: (row) => readRow(row, form) }, bytes);
}

/** The same without the windows, for those who look through many keys. */
export function decodeKeyState(bytes: Uint8Array): KeyState {
  return decodeState({ decode: (row) => readState(new RowReader(row)) }, bytes);
}

function readRow(bytes: Uint8Array, form: KeyRowForm): KeyRow {
  const reader = new RowReader(bytes);
  const state = readState(reader);
  const inlined = Math.min(form.inlined, state.openWindows.length);
  const parts = state.purgedToMs.length - 1 + form.more;
  const windows: Uint8Array[] = [];
  for (let i = 0; i < inlined; i++) windows.push(reader.block());
  const closedParts: (Uint8Array | undefined)[] = [];
  for (let i = 0; i < parts; i++) closedParts.push(reader.blockOrNothing());
  reader.end();
  return { state, windows, closedParts };
}

function readState(reader: RowReader): KeyState {
  const streamTimeMs = reader.number();
  const closedToMs = reader.number();
  const purgedToMs = reader.numbers();
  const openWindows = reader.numbers();
  for (let i = 1; i < openWindows.length; i++) {
    openWindows[i] = (openWindows[i] as number) + (openWindows[i - 1] as number);
  }
  return { streamTimeMs, closedToMs, purgedToMs, openWindows };
}

class RowReader {
  readonly #bytes: Uint8Array;
  #at = 0;

  constructor(bytes: Uint8Array) {
    this.#bytes = bytes;
  }

  number(): number {
    let low = 0;
    for (let shift = 0; shift < 28; shift += 7) {
      const byte = this.#byte();
      low |= (byte & 0x7f) << shift;
      if (byte < 0x80) return low;
    }
    let value = low;
    for (let scale = two28;; scale *= 0x80) {
      const byte = this.#byte();
      value += (byte & 0x7f) * scale;
      if (!Number.isSafeInteger(value)) throw malformed("a number is too large");
      if (byte < 0x80) return value;
    }
  }

  #byte(): number {
    const byte = this.#bytes[this.#at++];
    if (byte === undefined) throw malformed("it ends too early");
    return byte;
  }

  /** As many as a number in front says, each of a byte at least. */
  numbers(): number[] {
    const count = this.number();
    if (count > this.#bytes.length - this.#at) throw malformed("it ends too early");
    const numbers: number[] = [];
    for (let i = 0; i < count; i++) numbers.push(this.number());
    return numbers;
  }

  /** A view, not a copy. */
  block(): Uint8Array {
    const length = this.number();
    if (length > this.#bytes.length - this.#at) throw malformed("it ends too early");
    return this.#bytes.subarray(this.#at, this.#at += length);
  }

  /** `undefined` for an empty one. */
  blockOrNothing(): Uint8Array | undefined {
    if (this.#bytes[this.#at] !== 0) return this.block();
    this.#at++;
    return undefined;
  }

  end(): void {
    if (this.#at < this.#bytes.length) throw malformed("it does not end where it should");
  }
}

function malformed(detail: string): PipelineError {
  return new PipelineError("RECORD_MALFORMED", `Cannot read the row of a key as ${detail}`);
}
