import { gunzipSync, gzipSync, zstdCompressSync, zstdDecompressSync } from "node:zlib";
import { PipelineError } from "../../base/errors.ts";

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
 * The records part of a batch as it was before compression.
 *
 * @param codec Number from the batch's attributes.
 * @param place Where the batch stands, for the message.
 * @throws {PipelineError} `TOPIC_UNSUITABLE` for snappy and lz4, which the runtime cannot read.
 */
export function decompress(codec: number, records: Uint8Array, place: string): Uint8Array {
  switch (codecNames[codec]) {
    case "none":
      return records;
    case "gzip":
      return plain(gunzipSync(records));
    case "zstd":
      return plain(zstdDecompressSync(records));
    default:
      throw new PipelineError(
        "TOPIC_UNSUITABLE",
        `Cannot read ${place} as its compression must be none, gzip or zstd: ` +
          `${codecNames[codec] ?? codec}; set compression.type=zstd on the topic`,
        { context: { place, codec: codecNames[codec] ?? codec } },
      );
  }
}

function plain(bytes: Uint8Array): Uint8Array {
  return new Uint8Array(bytes.buffer, bytes.byteOffset, bytes.byteLength);
}
