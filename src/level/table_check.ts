import { crc32c } from "../base/crc32c.ts";

/** Footer: two handles, padding, magic number. */
const footerBytes = 48;
const magicLow = 0x8b80fb57;
const magicHigh = 0xdb477524;
/** Behind each block: its type and a masked checksum of both. */
const trailerBytes = 5;
const maskDelta = 0xa282ead8;
const uncompressed = 0;
const littleEndian = true;

/** Where a block lies in its file. */
interface BlockHandle {
  readonly offset: number;
  readonly size: number;
}

/**
 * True for the bytes of a whole table file: every block has its checksum, and the blocks and the
 * footer fill the file.
 *
 * LevelDB can check this itself, but neither does so nor lets us ask for it; it trusts what it
 * reads, down to dying of an assertion. Tables with compressed indexes are not understood.
 *
 * @see LevelDB's doc/table_format.md
 */
export function isWholeTable(bytes: Uint8Array): boolean {
  try {
    return blocksAreWhole(bytes);
  } catch (error) {
    if (error instanceof RangeError) return false; // a handle or a length that points outside
    throw error;
  }
}

function blocksAreWhole(bytes: Uint8Array): boolean {
  const footer = new TableReader(bytes, bytes.length - footerBytes);
  const [metaindex, index] = [footer.handle(), footer.handle()];
  if (uint32(bytes, bytes.length - 8) !== magicLow) return false;
  if (uint32(bytes, bytes.length - 4) !== magicHigh) return false;
  const lists = [metaindex, index];
  if (!lists.every((list) => isWhole(bytes, list))) return false;
  if (!lists.every(({ offset, size }) => bytes[offset + size] === uncompressed)) return false;
  const blocks = lists.flatMap((list) => handlesIn(bytes, list));
  const filled = [...lists, ...blocks].reduce((sum, { size }) => sum + size + trailerBytes, 0);
  return filled + footerBytes === bytes.length && blocks.every((block) => isWhole(bytes, block));
}

function isWhole(bytes: Uint8Array, { offset, size }: BlockHandle): boolean {
  const end = offset + size + 1;
  const unmasked = uint32(bytes, end) - maskDelta >>> 0;
  return (unmasked << 15 | unmasked >>> 17) >>> 0 === crc32c(bytes, offset, end);
}

/** The handles that a block of entries has for values. */
function handlesIn(bytes: Uint8Array, { offset, size }: BlockHandle): BlockHandle[] {
  const reader = new TableReader(bytes, offset);
  const end = offset + size - 4 - 4 * uint32(bytes, offset + size - 4);
  const handles: BlockHandle[] = [];
  while (reader.at < end) {
    reader.varint(); // bytes that the key shares with the one before
    const keyBytes = reader.varint();
    reader.varint(); // length of the handle
    reader.at += keyBytes;
    handles.push(reader.handle());
  }
  return handles;
}

class TableReader {
  readonly #bytes: Uint8Array;
  at: number;

  constructor(bytes: Uint8Array, at: number) {
    this.#bytes = bytes;
    this.at = at;
  }

  handle(): BlockHandle {
    return { offset: this.varint(), size: this.varint() };
  }

  /** Seven bits per byte, the lowest first. */
  varint(): number {
    let value = 0;
    for (let scale = 1;; scale *= 128) {
      const byte = this.#bytes[this.at++];
      if (byte === undefined) throw new RangeError("a number continues past the end of the file");
      value += (byte & 0x7f) * scale;
      if (byte < 0x80) return value;
    }
  }
}

/** @throws {RangeError} If it does not lie in the file. */
function uint32(bytes: Uint8Array, at: number): number {
  return new DataView(bytes.buffer, bytes.byteOffset + at, 4).getUint32(0, littleEndian);
}
