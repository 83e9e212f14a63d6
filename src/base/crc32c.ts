/** Castagnoli's polynomial, bits reversed. */
const polynomial = 0x82f63b78;

/** Eight tables, so that eight bytes are taken at a time. */
const tables = buildTables();

/**
 * CRC-32C of `bytes[from, to)`, unsigned: the checksum of Kafka's batches and LevelDB's blocks.
 * `node:zlib` has only CRC-32 (IEEE).
 *
 * @see RFC 3720, B.4, for test vectors; the tables are Intel's "slicing by 8".
 */
export function crc32c(bytes: Uint8Array, from = 0, to: number = bytes.length): number {
  const [t0, t1, t2, t3, t4, t5, t6, t7] = tables;
  let crc = 0xffffffff;
  let at = from;
  for (; at + 8 <= to; at += 8) {
    crc ^= word(bytes, at);
    const high = word(bytes, at + 4);
    crc = at8(t7, crc) ^ at8(t6, crc >>> 8) ^ at8(t5, crc >>> 16) ^ at8(t4, crc >>> 24) ^
      at8(t3, high) ^ at8(t2, high >>> 8) ^ at8(t1, high >>> 16) ^ at8(t0, high >>> 24);
  }
  for (; at < to; at++) crc = crc >>> 8 ^ at8(t0, crc ^ (bytes[at] as number));
  return ~crc >>> 0;
}

type Tables = readonly [
  Int32Array,
  Int32Array,
  Int32Array,
  Int32Array,
  Int32Array,
  Int32Array,
  Int32Array,
  Int32Array,
];

function buildTables(): Tables {
  const first = Int32Array.from({ length: 256 }, (_, i) => {
    let crc = i;
    for (let bit = 0; bit < 8; bit++) crc = crc & 1 ? crc >>> 1 ^ polynomial : crc >>> 1;
    return crc;
  });
  const built = [first];
  while (built.length < 8) {
    const last = built.at(-1) as Int32Array;
    built.push(last.map((crc) => crc >>> 8 ^ at8(first, crc)));
  }
  return built as unknown as Tables;
}

function at8(table: Int32Array, index: number): number {
  return table[index & 0xff] as number;
}

/** Little-endian. */
function word(bytes: Uint8Array, at: number): number {
  return (bytes[at] as number) | (bytes[at + 1] as number) << 8 |
    (bytes[at + 2] as number) << 16 | (bytes[at + 3] as number) << 24;
}
