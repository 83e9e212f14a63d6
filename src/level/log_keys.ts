/**
 * Layout of the embedded log's database.
 *
 * | key | holds |
 * |---|---|
 * | `r` partition offset | a record |
 * | `e` partition | `{start, end}` offsets, and what those of its records add up to |
 * | `i` partition record-key | offset of the latest record with that key, compacted topics only |
 * | `t` partition | offsets of the tombstones of the last commit |
 * | `c` group NUL partition | committed input position |
 * | `p` producer | sequence of its last appended record |
 * | `s` id | a schema |
 * | `n` topic | `{id, partitions}` |
 *
 * partition = topic, NUL, uint16; offsets are uint64; all big-endian.
 */
import type { Offset, TopicPartition } from "../streams/record.ts";
import { decodeText, encodeText } from "../streams/text.ts";

const two32 = 2 ** 32;

/** A partition as bytes. */
export function partitionBytes({ topic, partition }: TopicPartition): Uint8Array {
  return concat(encodeText(`${topic}\0`), new Uint8Array([partition >> 8, partition & 0xff]));
}

/** An offset as bytes whose order is the offsets' order. */
export function offsetBytes(offset: Offset): Uint8Array {
  const bytes = new Uint8Array(8);
  const view = new DataView(bytes.buffer);
  view.setUint32(0, Math.floor(offset / two32));
  view.setUint32(4, offset % two32);
  return bytes;
}

/** The partition that `partitionBytes` made. */
export function partitionOf(bytes: Uint8Array): TopicPartition {
  const [high = 0, low = 0] = bytes.subarray(-2);
  return { topic: decodeText(bytes.subarray(0, -3)) ?? "", partition: high << 8 | low };
}

/** The offset at the end of a record's key. */
export function offsetOf(key: Uint8Array): Offset {
  const view = new DataView(key.buffer, key.byteOffset + key.length - 8);
  return view.getUint32(0) * two32 + view.getUint32(4);
}

/** A key of the layout above. */
export function logKey(
  tag: "r" | "e" | "i" | "t" | "c" | "p" | "s" | "n",
  ...parts: Uint8Array[]
): Uint8Array {
  return concat(encodeText(tag), ...parts);
}

function concat(...parts: Uint8Array[]): Uint8Array {
  const bytes = new Uint8Array(parts.reduce((sum, part) => sum + part.length, 0));
  let at = 0;
  for (const part of parts) {
    bytes.set(part, at);
    at += part.length;
  }
  return bytes;
}
