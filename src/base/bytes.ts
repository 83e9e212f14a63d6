import { Buffer } from "node:buffer";

/** Size of a slab, bytes, and the largest part that is cut from one. */
const slabBytes = 64 * 1024;
const partBytesMax = slabBytes / 8;

let slab = new ArrayBuffer(slabBytes);
let used = 0;

/**
 * Zeroed bytes for keys and values on their way to somewhere: a part of a slab that they share.
 *
 * An array with memory of its own costs twenty times as much, which is most of what a small value
 * costs. Who keeps one for long copies it (`slice`), as it keeps the whole slab.
 */
export function shortLivedBytes(size: number): Uint8Array {
  if (size > partBytesMax) return new Uint8Array(size);
  if (used + size > slabBytes) {
    slab = new ArrayBuffer(slabBytes);
    used = 0;
  }
  const part = new Uint8Array(slab, used, size);
  used += size;
  return part;
}

/** Bytes as a text of as many characters, for maps. */
export function nameOf({ buffer, byteOffset, length }: Uint8Array): string {
  return Buffer.from(buffer, byteOffset, length).toString("latin1");
}
