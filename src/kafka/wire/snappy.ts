import { PackedReader } from "./packed_reader.ts";
import { UnpackedBytes } from "./unpacked_bytes.ts";
import { UnreadableError } from "./unreadable.ts";

/** How the Java client's frame begins: 0x82 "SNAPPY" 0, then two version numbers. */
const frameMagic = [0x82, 0x53, 0x4e, 0x41, 0x50, 0x50, 0x59, 0];
const frameHeaderBytes = 16;

/**
 * Unpacks Snappy as Kafka's writers use it: one raw block (librdkafka), or the Java client's frame
 * of blocks with their lengths before them.
 *
 * @throws {UnreadableError} For anything else, and beyond `unpackedBytesMax`.
 * @see https://github.com/google/snappy/blob/main/format_description.txt
 */
export function unpackSnappy(bytes: Uint8Array): Uint8Array {
  const unpacked = new UnpackedBytes();
  if (!frameMagic.every((byte, i) => bytes[i] === byte)) {
    unpackBlock(bytes, unpacked);
    return unpacked.finish();
  }
  const reader = new PackedReader(bytes);
  reader.take(frameHeaderBytes);
  while (!reader.done) unpackBlock(reader.take(reader.bigEndian()), unpacked);
  return unpacked.finish();
}

function unpackBlock(block: Uint8Array, unpacked: UnpackedBytes): void {
  const reader = new PackedReader(block);
  const start = unpacked.length;
  const claimed = reader.uvarint();
  while (!reader.done) {
    const tag = reader.byte();
    if ((tag & 3) === 0) unpacked.append(reader.take(literalLength(tag >> 2, reader)));
    else copy(tag, reader, { start, unpacked });
  }
  if (unpacked.length - start !== claimed) {
    throw new UnreadableError("a block has another length than it claims");
  }
}

function literalLength(code: number, reader: PackedReader): number {
  return 1 + (code < 60 ? code : reader.littleEndian(code - 59));
}

/** Copies do not reach into the block before. */
function copy(
  tag: number,
  reader: PackedReader,
  { start, unpacked }: { readonly start: number; readonly unpacked: UnpackedBytes },
): void {
  const isShort = (tag & 3) === 1;
  const length = isShort ? 4 + (tag >> 2 & 7) : 1 + (tag >> 2);
  const distance = isShort
    ? (tag >> 5) * 256 + reader.byte()
    : reader.littleEndian((tag & 3) === 2 ? 2 : 4);
  if (distance > unpacked.length - start) throw new UnreadableError("copy from another block");
  unpacked.repeat(distance, length);
}
