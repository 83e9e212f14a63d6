import { crc32 } from "node:zlib";
import { shortLivedBytes } from "../base/bytes.ts";
import { PipelineError } from "../base/errors.ts";

const checksumBytes = 4;

/**
 * A value with a checksum in front, because LevelDB's own checks are off and miss most damage.
 *
 * | bytes | holds |
 * |---|---|
 * | 0-3 | CRC-32 of key, then value, big-endian |
 * | 4- | the value |
 *
 * The key counts too, so that a value that turns up under another key is noticed.
 */
export function sealValue(key: Uint8Array, value: Uint8Array): Uint8Array {
  const sealed = shortLivedBytes(checksumBytes + value.length);
  const sum = checksum(key, value);
  sealed[0] = sum >>> 24;
  sealed[1] = sum >>> 16;
  sealed[2] = sum >>> 8;
  sealed[3] = sum;
  sealed.set(value, checksumBytes);
  return sealed;
}

/**
 * The value of a sealed one; a view, not a copy.
 *
 * @throws {PipelineError} `STORE_CORRUPT` if it is not what was sealed under this key.
 */
export function openValue(key: Uint8Array, sealed: Uint8Array): Uint8Array {
  if (isSealed(key, sealed)) return sealedPart(sealed);
  throw new PipelineError(
    "STORE_CORRUPT",
    `Cannot read a store's value as its checksum does not match: ${sealed.length} bytes are damaged`,
  );
}

/** True if the value is what was sealed under this key. */
export function isSealed(key: Uint8Array, sealed: Uint8Array): boolean {
  return sealedChecksum(sealed) === checksum(key, sealedPart(sealed));
}

/** What is behind the checksum, damaged or not; a view, not a copy. */
export function sealedPart(sealed: Uint8Array): Uint8Array {
  return sealed.subarray(checksumBytes);
}

/** The checksum that a sealed value carries; `undefined` if there is none, or too few bytes. */
export function sealedChecksum(sealed: Uint8Array | undefined): number | undefined {
  if (sealed === undefined || sealed.length < checksumBytes) return undefined;
  const [a, b, c, d] = sealed as unknown as [number, number, number, number];
  return (a << 24 | b << 16 | c << 8 | d) >>> 0;
}

function checksum(key: Uint8Array, value: Uint8Array): number {
  return crc32(value, crc32(key));
}
