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
import type { KeyState, KeyTimes } from "../topology/key_state.ts";
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

/** A row, in an array that it may share with others. */
export interface RowBytes {
  readonly bytes: Uint8Array;
  readonly begin: number;
  readonly end: number;
}

/** A row that fills its array. */
export function wholeRow(bytes: Uint8Array): RowBytes {
  return { bytes, begin: 0, end: bytes.length };
}

/** What the row of a key holds; of its windows what the reader makes of them. */
export interface KeyRow<W> extends KeyTimes {
  /** Open windows, ascending. */
  readonly windows: W[];
  /** By rolled-up length; of sliding windows the newest closed one. */
  readonly closedParts: (W | undefined)[];
}

/** Makes what a reader of rows wants of a window. */
export interface RowReading<W> {
  /** @param to Where its content ends; 0 for one that has a row of its own. */
  readonly window: (startMs: number, from: number, to: number) => W;
  /** Of the closed parts of a rolled-up length, or of the newest closed window. */
  readonly part: (index: number, closedToMs: number, from: number, to: number) => W;
}

/** Takes the content of windows for a row. */
export class RowWriter {
  #bytes = new Uint8Array(16 * 1024);
  /** Content of another row that more follows right behind: copied at once. */
  #source: Uint8Array = nothing;
  #from = 0;
  #to = 0;
  /** Where the next content begins, counted from the row's beginning. */
  at = 0;

  /** @internal */
  begin(): void {
    this.at = 0;
  }

  /** @returns Short-lived bytes, see `shortLivedBytes`. */
  finish(): Uint8Array {
    this.#flush();
    const row = shortLivedBytes(this.at);
    copyBytes(this.#bytes, 0, this.at, row, 0);
    return row;
  }

  /** @internal */
  number(value: number): void {
    this.#flush();
    const bytes = this.#withRoom(numberBytesMax);
    let { at } = this;
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
    this.at = at;
  }

  /** Content as it is; gives its length. */
  block(content: Uint8Array): number {
    this.number(content.length);
    copyBytes(content, 0, content.length, this.#withRoom(content.length), this.at);
    this.at += content.length;
    return content.length;
  }

  /** Content that another row has behind its times, the same one until the end; with its length. */
  copied(row: Uint8Array, from: number, to: number): void {
    const begin = from - numberBytes(to - from);
    if (this.#to !== begin) {
      this.#flush();
      this.#source = row;
      this.#from = begin;
    }
    this.#to = to;
    this.at += to - begin;
  }

  #flush(): void {
    const [source, from, to] = [this.#source, this.#from, this.#to];
    copyBytes(source, from, to, this.#withRoom(0), this.at - (to - from));
    this.#source = nothing;
    this.#from = this.#to = 0;
  }

  /** The bytes so far, with room for as many more. */
  #withRoom(bytes: number): Uint8Array {
    if (this.at + bytes > this.#bytes.length) {
      const larger = new Uint8Array(2 * (this.at + bytes));
      larger.set(this.#bytes);
      this.#bytes = larger;
    }
    return this.#bytes;
  }
}

/** Up to this length bytes are copied faster one by one. */
const shortBytes = 64;

function copyBytes(
  from: Uint8Array,
  begin: number,
  end: number,
  to: Uint8Array,
  at: number,
): void {
  if (end - begin > shortBytes) to.set(from.subarray(begin, end), at);
  else for (let i = begin; i < end; i++) to[at + i - begin] = from[i] as number;
}

const nothing = new Uint8Array(0);

/** Of a number below 2^53. */
const numberBytesMax = 8;

const two28 = 2 ** 28;

function numberBytes(value: number): number {
  let bytes = 1;
  for (let rest = value; rest >= 0x80; rest = Math.floor(rest / 0x80)) bytes++;
  return bytes;
}

const writer = new RowWriter();

/**
 * Writes the row of a key.
 *
 * @param put Gives the writer the content of one window.
 * @returns Short-lived bytes, see `shortLivedBytes`.
 */
export function encodeKeyRow<W extends { readonly startMs: number }>(
  { streamTimeMs, closedToMs, purgedToMs, windows, closedParts }: KeyRow<W>,
  { inlined }: KeyRowForm,
  put: (window: W, writer: RowWriter) => void,
): Uint8Array {
  writer.begin();
  writer.number(streamTimeMs);
  writer.number(closedToMs);
  writer.number(purgedToMs.length);
  for (let i = 0; i < purgedToMs.length; i++) writer.number(purgedToMs[i] as number);
  writer.number(windows.length);
  let beforeMs = 0;
  for (let i = 0; i < windows.length; i++) {
    const { startMs } = windows[i] as W;
    writer.number(startMs - beforeMs);
    beforeMs = startMs;
  }
  for (let i = Math.max(0, windows.length - inlined); i < windows.length; i++) {
    put(windows[i] as W, writer);
  }
  for (let i = 0; i < closedParts.length; i++) {
    const part = closedParts[i];
    if (part === undefined) writer.number(0);
    else put(part, writer);
  }
  return writer.finish();
}

/**
 * Reads the row of a key.
 *
 * @throws {PipelineError} `STATE_UNREADABLE`.
 */
export function decodeKeyRow<W>(
  row: RowBytes,
  form: KeyRowForm,
  reading: RowReading<W>,
): KeyRow<W> {
  return decodeState({ decode: () => readRow(new RowReader(row), form, reading) }, row.bytes);
}

/** The same without the windows, for those who look through many keys. */
export function decodeKeyState(bytes: Uint8Array): KeyState {
  const decode = () => {
    const reader = new RowReader(wholeRow(bytes));
    return { ...reader.times(), openWindows: reader.starts() };
  };
  return decodeState({ decode }, bytes);
}

function readRow<W>(
  reader: RowReader,
  { inlined, more }: KeyRowForm,
  { window, part }: RowReading<W>,
): KeyRow<W> {
  const { streamTimeMs, closedToMs, purgedToMs } = reader.times();
  const starts = reader.starts();
  const windows: W[] = [];
  const ownRows = Math.max(0, starts.length - inlined);
  for (let i = 0; i < starts.length; i++) {
    const isInlined = i >= ownRows;
    if (isInlined) reader.block();
    windows.push(
      window(starts[i] as number, isInlined ? reader.from : 0, isInlined ? reader.to : 0),
    );
  }
  const closedParts: (W | undefined)[] = [];
  const parts = purgedToMs.length - 1 + more;
  for (let i = 0; i < parts; i++) {
    reader.block();
    const isThere = reader.to > reader.from;
    closedParts.push(isThere ? part(i, closedToMs, reader.from, reader.to) : undefined);
  }
  reader.finish();
  return { streamTimeMs, closedToMs, purgedToMs, windows, closedParts };
}

class RowReader {
  readonly #bytes: Uint8Array;
  readonly #begin: number;
  readonly #end: number;
  #at: number;
  /** Of the block read last, counted from the row's beginning. */
  from = 0;
  to = 0;

  constructor({ bytes, begin, end }: RowBytes) {
    this.#bytes = bytes;
    this.#begin = this.#at = begin;
    this.#end = end;
  }

  times(): KeyTimes {
    return {
      streamTimeMs: this.#number(),
      closedToMs: this.#number(),
      purgedToMs: this.#numbers(),
    };
  }

  /** Of open windows. */
  starts(): number[] {
    const starts = this.#numbers();
    for (let i = 1; i < starts.length; i++) {
      starts[i] = (starts[i] as number) + (starts[i - 1] as number);
    }
    return starts;
  }

  block(): void {
    const length = this.#number();
    if (length > this.#end - this.#at) throw malformed("it ends too early");
    this.from = this.#at - this.#begin;
    this.#at += length;
    this.to = this.#at - this.#begin;
  }

  finish(): void {
    if (this.#at < this.#end) throw malformed("it does not end where it should");
  }

  #number(): number {
    let low = 0;
    for (let shift = 0; shift < 28; shift += 7) {
      const byte = this.#byte();
      low |= (byte & 0x7f) << shift;
      if (byte >= 0x80) continue;
      if (byte === 0 && shift > 0) throw malformed("a number is longer than it must be");
      return low;
    }
    let value = low;
    for (let scale = two28;; scale *= 0x80) {
      const byte = this.#byte();
      value += (byte & 0x7f) * scale;
      if (!Number.isSafeInteger(value)) throw malformed("a number is too large");
      if (byte >= 0x80) continue;
      if (byte === 0) throw malformed("a number is longer than it must be");
      return value;
    }
  }

  #byte(): number {
    if (this.#at >= this.#end) throw malformed("it ends too early");
    return this.#bytes[this.#at++] as number;
  }

  /** As many as a number in front says, each of a byte at least. */
  #numbers(): number[] {
    const count = this.#number();
    if (count > this.#end - this.#at) throw malformed("it ends too early");
    const numbers: number[] = [];
    for (let i = 0; i < count; i++) numbers.push(this.#number());
    return numbers;
  }
}

function malformed(detail: string): PipelineError {
  return new PipelineError("RECORD_MALFORMED", `Cannot read the row of a key as ${detail}`);
}
