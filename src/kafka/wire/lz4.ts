import { PackedReader } from "./packed_reader.ts";
import { UnpackedBytes } from "./unpacked_bytes.ts";
import { UnreadableError } from "./unreadable.ts";

const frameMagic = 0x184d2204;

/** Bits of the frame's flags: which optional fields there are. */
const flags = { blockChecksum: 0x10, contentSize: 0x08, contentChecksum: 0x04, dictionary: 0x01 };
const version = 0x40;
const versionBits = 0xc0;

/** Top bit of a block's size: it is not compressed. */
const isPlain = 0x80000000;

/** The shortest match; lengths count from there. */
const matchLengthMin = 4;

/**
 * Unpacks the LZ4 frame format. Its checksums are not looked at: the batch around it has one.
 *
 * @throws {UnreadableError} For anything else, and beyond `unpackedBytesMax`.
 * @see https://github.com/lz4/lz4/blob/dev/doc/lz4_Frame_format.md
 */
export function unpackLz4(bytes: Uint8Array): Uint8Array {
  const reader = new PackedReader(bytes);
  const unpacked = new UnpackedBytes();
  const { blockChecksum } = readFrameHeader(reader);
  for (let size = reader.littleEndian(4); size !== 0; size = reader.littleEndian(4)) {
    if (size >= isPlain) unpacked.append(reader.take(size - isPlain));
    else unpackBlock(reader.take(size), unpacked);
    if (blockChecksum) reader.take(4);
  }
  return unpacked.finish();
}

function readFrameHeader(reader: PackedReader): { readonly blockChecksum: boolean } {
  if (reader.littleEndian(4) !== frameMagic) throw new UnreadableError("no LZ4 frame");
  const flag = reader.byte();
  if ((flag & versionBits) !== version) {
    throw new UnreadableError("an LZ4 frame of another version");
  }
  if ((flag & flags.dictionary) !== 0) throw new UnreadableError("an LZ4 frame with a dictionary");
  reader.byte(); // largest block
  if ((flag & flags.contentSize) !== 0) reader.take(8);
  reader.byte(); // checksum of the header
  return { blockChecksum: (flag & flags.blockChecksum) !== 0 };
}

/** Sequences of literals, each followed by a match but for the last; matches may reach far back. */
function unpackBlock(block: Uint8Array, unpacked: UnpackedBytes): void {
  const reader = new PackedReader(block);
  while (!reader.done) {
    const token = reader.byte();
    unpacked.append(reader.take(lengthOf(token >> 4, reader)));
    if (reader.done) return;
    const distance = reader.littleEndian(2);
    unpacked.repeat(distance, matchLengthMin + lengthOf(token & 15, reader));
  }
}

/** 15 means: more follows, byte by byte, until one is below 255. */
function lengthOf(code: number, reader: PackedReader): number {
  let length = code;
  for (let more = code === 15; more;) {
    const byte = reader.byte();
    length += byte;
    more = byte === 255;
  }
  return length;
}
