/**
 * Layout of a task's store and changelog keys; the bytewise order is the logical order.
 *
 * | bytes | holds |
 * |---|---|
 * | `m` | the task's meta record |
 * | `k` key | a key: its time and its open windows (`key_row.ts`) |
 * | `t` name of a key-value store, `00`, key | a value of that store |
 * | `s` name, `00`, key escaped, `00`, time as big-endian int64 | the same for a time |
 * | `w` key escaped, `00`, window start as big-endian int64 | one window |
 * | `r` key escaped, `00`, window size, window start, both as big-endian int64 | one rolled-up window |
 *
 * Windows get rows of their own when they are closed; of those that are open the oldest, where they
 * are many.
 *
 * In keys with a time a `00` inside the key is written `00 ff`, so that no key is another's prefix.
 *
 * @see Kafka Streams WindowKeySchema; differs: the key is terminated, so that a scan over one
 *   key's windows meets no other key.
 */
import { assert } from "../../base/assert.ts";
import { shortLivedBytes } from "../../base/bytes.ts";
import { encodeText, textOf } from "../text.ts";
import type { KeyRange } from "../ports.ts";

const metaTag = 0x6d;
const keyTag = 0x6b;
const windowTag = 0x77;
const keyValueTag = 0x74;
const timedValueTag = 0x73;
const rollUpTag = 0x72;
const timeBytes = 8;
const two32 = 2 ** 32;

/** Key of the task's meta record. */
export const metaKey: Uint8Array = new Uint8Array([metaTag]);

/** Key of a key's row. */
export function keyStateKey(key: string): Uint8Array {
  const bytes = shortLivedBytes(1 + key.length);
  bytes[0] = keyTag;
  for (let i = 0; i < key.length; i++) {
    const code = key.charCodeAt(i);
    if (code >= 0x80) return Uint8Array.from([keyTag, ...encodeText(key)]);
    bytes[i + 1] = code;
  }
  return bytes;
}

/** Key of a value in a key-value store, whose name holds no `00`; with a time, of that for it. */
export function keyValueKey(store: string, key: string, atMs?: number): Uint8Array {
  const name = encodeText(store);
  const text = atMs === undefined ? encodeText(key) : windowKey(key, atMs).subarray(1);
  const bytes = new Uint8Array(2 + name.length + text.length);
  bytes[0] = atMs === undefined ? keyValueTag : timedValueTag;
  bytes.set(name, 1);
  bytes.set(text, 2 + name.length);
  return bytes;
}

/** The values with a time in a key-value store. */
export function timedValuesOf(store: string): KeyRange {
  const gte = Uint8Array.from([timedValueTag, ...encodeText(store), 0]);
  const lt = gte.slice();
  lt[lt.length - 1] = 1;
  return { gte, lt };
}

/** Key and time of such a value, from the key of its row. */
export function timedValueOf(bytes: Uint8Array): { readonly key: string; readonly atMs: number } {
  assert(bytes[0] === timedValueTag, "not the key of a value with a time");
  return { key: textOf(keyPartOf(bytes)), atMs: timeAt(bytes, bytes.length - timeBytes) };
}

/** Key of one window. */
export function windowKey(key: string, startMs: number): Uint8Array {
  const bytes = keyOfTimes(windowTag, key, timeBytes);
  putTime(bytes, bytes.length - timeBytes, startMs);
  return bytes;
}

/** Key of one rolled-up window. */
export function rollUpKey(key: string, sizeMs: number, startMs: number): Uint8Array {
  const bytes = keyOfTimes(rollUpTag, key, 2 * timeBytes);
  putTime(bytes, bytes.length - 2 * timeBytes, sizeMs);
  putTime(bytes, bytes.length - timeBytes, startMs);
  return bytes;
}

/** Start of the window that the key of a window, rolled up or not, stands for, epoch ms. */
export function windowStartOf(bytes: Uint8Array): number {
  assert(bytes[0] === windowTag || bytes[0] === rollUpTag, "not a window key");
  return timeAt(bytes, bytes.length - timeBytes);
}

function timeAt(bytes: Uint8Array, at: number): number {
  const view = new DataView(bytes.buffer, bytes.byteOffset + at);
  return view.getUint32(0) * two32 + view.getUint32(4);
}

/** Which window, rolled up or not, a store key stands for. */
export interface StoredWindow {
  readonly key: string;
  readonly startMs: number;
  /** Of rolled-up windows only. */
  readonly sizeMs: number | undefined;
}

/** What the key of a window stands for; `undefined` for the other keys. */
export function windowOf(bytes: Uint8Array): StoredWindow | undefined {
  if (bytes[0] !== windowTag && bytes[0] !== rollUpTag) return undefined;
  return {
    key: textOf(keyPartOf(bytes)),
    startMs: timeAt(bytes, bytes.length - timeBytes),
    sizeMs: bytes[0] === rollUpTag ? timeAt(bytes, bytes.length - 2 * timeBytes) : undefined,
  };
}

/** Without the `ff` behind every `00`. */
function unescaped(escaped: Uint8Array): Uint8Array {
  return escaped.filter((_, at) => escaped[at - 1] !== 0);
}

/** Key of a window; of a rolled-up one where it has a size. */
export function rowKey(key: string, sizeMs: number | undefined, startMs: number): Uint8Array {
  return sizeMs === undefined ? windowKey(key, startMs) : rollUpKey(key, sizeMs, startMs);
}

/** Windows of a key, rolled up to a size where there is one, that start in `[fromMs, toMs)`. */
export function rowRange(
  key: string,
  sizeMs: number | undefined,
  fromMs: number,
  toMs: number,
): KeyRange {
  return { gte: rowKey(key, sizeMs, fromMs), lt: rowKey(key, sizeMs, toMs) };
}

/** Everything that the engine keeps in a store; what adapters add lies outside. */
export const allRows: KeyRange = rangeOf(keyTag, windowTag);

/** The rows of all keys, without those of their windows. */
export const allKeyStates: KeyRange = rangeOf(keyTag);

/** The rows of all windows. */
export const allWindows: KeyRange = rangeOf(windowTag);

/** The rows of all rolled-up windows. */
export const allRollUps: KeyRange = rangeOf(rollUpTag);

function rangeOf(tag: number, lastTag = tag): KeyRange {
  return { gte: new Uint8Array([tag]), lt: new Uint8Array([lastTag + 1]) };
}

/** What the keys of a key's windows begin with, of those rolled up to a size where there is one. */
export function rowPrefix(key: string, sizeMs: number | undefined): Uint8Array {
  return rowKey(key, sizeMs, 0).subarray(0, -timeBytes);
}

/** Below 0, 0 or above it: the key of a row is before, among or behind those with a `rowPrefix`. */
export function rowKeyOrder(rowKey: Uint8Array, prefix: Uint8Array): number {
  for (let i = 0; i < prefix.length; i++) {
    const difference = (rowKey[i] ?? -1) - (prefix[i] as number);
    if (difference !== 0) return difference;
  }
  // Another key continues where this one ends: behind its `00` is no time, but `ff`.
  return rowKey[prefix.length] === 0xff ? 1 : 0;
}

/** Whether the key of a row is that of a key's own one. */
export function isKeyState(bytes: Uint8Array): boolean {
  return bytes[0] === keyTag;
}

/** The key that a key's row belongs to. */
export function keyOf(bytes: Uint8Array): string {
  assert(isKeyState(bytes), "not the key of a key's row");
  return textOf(bytes.subarray(1));
}

/** Tag, escaped key and terminator, with room behind them. */
function keyOfTimes(tag: number, key: string, roomBytes: number): Uint8Array {
  const text = encodeText(key);
  const bytes = shortLivedBytes(2 + text.length + zerosIn(text) + roomBytes);
  let at = 0;
  bytes[at++] = tag;
  for (let i = 0; i < text.length; i++) {
    const byte = text[i] as number;
    bytes[at++] = byte;
    if (byte === 0) bytes[at++] = 0xff;
  }
  bytes[at] = 0;
  return bytes;
}

function putTime(bytes: Uint8Array, at: number, timeMs: number): void {
  assert(Number.isSafeInteger(timeMs) && timeMs >= 0, `window time must be >= 0: ${timeMs}`);
  putUint32(bytes, at, Math.floor(timeMs / two32));
  putUint32(bytes, at + 4, timeMs % two32);
}

function zerosIn(text: Uint8Array): number {
  let zeros = 0;
  for (let i = 0; i < text.length; i++) if (text[i] === 0) zeros++;
  return zeros;
}

/** Big-endian. */
function putUint32(bytes: Uint8Array, at: number, value: number): void {
  bytes[at] = value >>> 24;
  bytes[at + 1] = value >>> 16;
  bytes[at + 2] = value >>> 8;
  bytes[at + 3] = value;
}

/** The bytes of the key that a row belongs to; `undefined` for the meta record. */
export function ownerOf(row: Uint8Array): Uint8Array | undefined {
  return row[0] === metaTag ? undefined : keyPartOf(row);
}

function keyPartOf(row: Uint8Array): Uint8Array {
  if (row[0] === keyTag) return row.subarray(1);
  if (row[0] === keyValueTag) return row.subarray(row.indexOf(0) + 1);
  const begin = row[0] === timedValueTag ? row.indexOf(0) + 1 : 1;
  const times = row[0] === rollUpTag ? 2 : 1;
  return unescaped(row.subarray(begin, row.length - times * timeBytes - 1));
}
