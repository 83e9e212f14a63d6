import { assert } from "./assert.ts";
import { shortLivedBytes } from "./bytes.ts";

// The one way from bytes to keys, names and texts of the engine and its adapters. Nothing is dropped
// (a byte order mark) or replaced (what is no UTF-8): other bytes are another text, or none.
const encoder = new TextEncoder();
const decoder = new TextDecoder("utf-8", { fatal: true, ignoreBOM: true });

/** UTF-8 bytes of a text; short-lived, see `shortLivedBytes`. */
export function encodeText(text: string): Uint8Array {
  const bytes = shortLivedBytes(text.length);
  for (let i = 0; i < bytes.length; i++) {
    const code = text.charCodeAt(i);
    if (code >= 0x80) return encoder.encode(text);
    bytes[i] = code;
  }
  return bytes;
}

/** Up to this length ASCII is faster by hand than by the decoder, bytes. */
const shortBytes = 64;

/** The text of UTF-8 bytes, or `undefined` if they are not UTF-8. */
export function decodeText(bytes: Uint8Array): string | undefined {
  if (bytes.length <= shortBytes && isAscii(bytes)) {
    return String.fromCharCode.apply(null, bytes as unknown as number[]);
  }
  try {
    return decoder.decode(bytes);
  } catch {
    return undefined;
  }
}

/**
 * The text of bytes that this program wrote as UTF-8 itself.
 *
 * @throws {InvariantError} If they are not UTF-8.
 */
export function textOf(bytes: Uint8Array): string {
  const text = decodeText(bytes);
  assert(text !== undefined, "bytes must be UTF-8 that was written here");
  return text;
}

/** True when the bytes are the text's UTF-8; decodes nothing as long as both are ASCII. */
export function isTextOf(bytes: Uint8Array, text: string): boolean {
  for (let i = 0; i < bytes.length; i++) {
    const byte = bytes[i] as number;
    if (byte >= 0x80) return decodeText(bytes) === text;
    if (byte !== text.charCodeAt(i)) return false;
  }
  return bytes.length === text.length;
}

function isAscii(bytes: Uint8Array): boolean {
  for (let i = 0; i < bytes.length; i++) if ((bytes[i] as number) >= 0x80) return false;
  return true;
}
