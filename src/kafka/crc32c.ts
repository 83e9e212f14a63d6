/**
 * CRC-32C (Castagnoli, reflected polynomial 0x82f63b78), eight bytes per step.
 *
 * `node:zlib` has only CRC-32 (IEEE). Table `k` holds the effect of a byte followed by `k`
 * zero bytes ("slicing by 8", Kounavis and Berry).
 */
const tables: readonly Int32Array[] = makeTables();

function makeTables(): Int32Array[] {
  const made = Array.from({ length: 8 }, () => new Int32Array(256));
  const [first] = made;
  if (first === undefined) return made;
  for (let byte = 0; byte < 256; byte++) {
    let crc = byte;
    for (let bit = 0; bit < 8; bit++) crc = (crc >>> 1) ^ (crc & 1 ? 0x82f63b78 : 0);
    first[byte] = crc;
  }
  for (let k = 1; k < 8; k++) {
    for (let byte = 0; byte < 256; byte++) {
      const before = made[k - 1]?.[byte] ?? 0;
      made[k]?.fill((before >>> 8) ^ (first[before & 0xff] ?? 0), byte, byte + 1);
    }
  }
  return made;
}

/** The checksum of `bytes`, an unsigned 32-bit number. */
export function crc32c(bytes: Uint8Array): number {
  const [t0, t1, t2, t3, t4, t5, t6, t7] = tables as unknown as EightTables;
  let crc = -1;
  let at = 0;
  for (const end = bytes.length - 7; at < end; at += 8) {
    const low = crc ^ word(bytes, at);
    const high = word(bytes, at + 4);
    crc = lookup(t7, low) ^ lookup(t6, low >>> 8) ^ lookup(t5, low >>> 16) ^
      lookup(t4, low >>> 24) ^ lookup(t3, high) ^ lookup(t2, high >>> 8) ^
      lookup(t1, high >>> 16) ^ lookup(t0, high >>> 24);
  }
  for (; at < bytes.length; at++) {
    crc = lookup(t0, crc ^ (bytes[at] as number)) ^ (crc >>> 8);
  }
  return ~crc >>> 0;
}

type EightTables = readonly [
  Int32Array,
  Int32Array,
  Int32Array,
  Int32Array,
  Int32Array,
  Int32Array,
  Int32Array,
  Int32Array,
];

function lookup(table: Int32Array, value: number): number {
  return table[value & 0xff] as number;
}

function word(bytes: Uint8Array, at: number): number {
  return (bytes[at] as number) | ((bytes[at + 1] as number) << 8) |
    ((bytes[at + 2] as number) << 16) | ((bytes[at + 3] as number) << 24);
}
