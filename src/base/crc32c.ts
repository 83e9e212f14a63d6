/** Castagnoli's polynomial, bits reversed. */
const polynomial = 0x82f63b78;

/** Eight tables of 256 in one array, so that eight bytes are taken at a time. */
const table = buildTable();

/**
 * CRC-32C of `bytes[from, to)`, unsigned: the checksum of Kafka's batches and LevelDB's blocks.
 * `node:zlib` has only CRC-32 (IEEE).
 *
 * Whole words are read as the machine has them: all that Deno runs on are little-endian.
 *
 * @see RFC 3720, B.4, for test vectors; the tables are Intel's "slicing by 8".
 */
export function crc32c(bytes: Uint8Array, from = 0, to: number = bytes.length): number {
  const alignedFrom = from + (-(bytes.byteOffset + from) & 3);
  if (alignedFrom >= to) return ~byBytes(0xffffffff, bytes, from, to) >>> 0;
  const wordCount = (to - alignedFrom) >>> 3 << 1;
  const words = new Int32Array(bytes.buffer, bytes.byteOffset + alignedFrom, wordCount);
  let crc = byBytes(0xffffffff, bytes, from, alignedFrom);
  for (let i = 0; i < wordCount; i += 2) {
    const low = crc ^ (words[i] as number);
    const high = words[i + 1] as number;
    crc = (table[0x700 | low & 0xff] as number) ^ (table[0x600 | low >>> 8 & 0xff] as number) ^
      (table[0x500 | low >>> 16 & 0xff] as number) ^ (table[0x400 | low >>> 24] as number) ^
      (table[0x300 | high & 0xff] as number) ^ (table[0x200 | high >>> 8 & 0xff] as number) ^
      (table[0x100 | high >>> 16 & 0xff] as number) ^ (table[high >>> 24] as number);
  }
  return ~byBytes(crc, bytes, alignedFrom + wordCount * 4, to) >>> 0;
}

function byBytes(crc: number, bytes: Uint8Array, from: number, to: number): number {
  for (let at = from; at < to; at++) {
    crc = crc >>> 8 ^ (table[(crc ^ (bytes[at] as number)) & 0xff] as number);
  }
  return crc;
}

function buildTable(): Int32Array {
  const built = new Int32Array(8 * 256);
  for (let i = 0; i < 256; i++) {
    let crc = i;
    for (let bit = 0; bit < 8; bit++) crc = crc & 1 ? crc >>> 1 ^ polynomial : crc >>> 1;
    built[i] = crc;
  }
  for (let i = 256; i < built.length; i++) {
    const before = built[i - 256] as number;
    built[i] = before >>> 8 ^ (built[before & 0xff] as number);
  }
  return built;
}
