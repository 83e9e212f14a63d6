import { gunzipSync, gzipSync, zstdCompressSync, zstdDecompressSync } from "node:zlib";
import { unpackLz4 } from "./lz4.ts";
import { unpackSnappy } from "./snappy.ts";
import { unpackedBytesMax } from "./unpacked_bytes.ts";
import { UnreadableError } from "./unreadable.ts";

/** How the records of a batch we write are compressed. */
export type Compression = "none" | "gzip" | "zstd";

/** Bits 0–2 of a batch's attributes. */
const codecNames: readonly string[] = ["none", "gzip", "snappy", "lz4", "zstd"];

/** The codec's number in a batch's attributes. */
export function codecOf(compression: Compression): number {
  return codecNames.indexOf(compression);
}

/** Compresses the records part of a batch. */
export function compress(compression: Compression, records: Uint8Array): Uint8Array {
  switch (compression) {
    case "none":
      return records;
    case "gzip":
      return gzipSync(records);
    case "zstd":
      return zstdCompressSync(records);
  }
}

/**
 * The records part of a batch as it was before compression, by whatever writer.
 *
 * @param codec Number from the batch's attributes.
 * @throws {UnreadableError} If it is no such thing, or unpacks to more than `unpackedBytesMax`.
 */
export function decompress(codec: number, records: Uint8Array): Uint8Array {
  switch (codecNames[codec]) {
    case "none":
      return records;
    case "gzip":
      return unpacked(() => gunzipSync(records, bounded));
    case "snappy":
      return unpackSnappy(records);
    case "lz4":
      return unpackLz4(records);
    case "zstd":
      return unpacked(() => zstdDecompressSync(records, bounded));
    default:
      throw new UnreadableError(`compression ${codec} is not known`);
  }
}

/** With a bound, what is too long is an error of zlib's, as is what is malformed. */
const bounded = { maxOutputLength: unpackedBytesMax };

function unpacked(unpack: () => Uint8Array): Uint8Array {
  try {
    const { buffer, byteOffset, byteLength } = unpack();
    return new Uint8Array(buffer, byteOffset, byteLength);
  } catch (cause) {
    const text = cause instanceof Error ? cause.message : String(cause);
    throw new UnreadableError(`records cannot be unpacked: ${text}`, { cause });
  }
}
