/** Compression as other writers do it: what is only read by the product has to be written by tests. */
import { Buffer } from "node:buffer";
import { gzipSync, zstdCompressSync } from "node:zlib";

/** What a batch of another writer may be compressed with, in the order of their numbers from 1. */
export const foreignCodecs = ["gzip", "snappy", "lz4", "zstd"] as const;

export type ForeignCodec = typeof foreignCodecs[number];

/** Compresses the records part of a batch. */
export function compressed(codec: ForeignCodec, bytes: Uint8Array): Uint8Array {
  switch (codec) {
    case "gzip":
      return gzipSync(bytes);
    case "snappy":
      return snappy(bytes);
    case "lz4":
      return lz4(bytes);
    case "zstd":
      return zstdCompressSync(bytes);
  }
}

/** Literals, then a copy of `length` bytes that stand `distance` before; the last has no copy. */
interface Sequence {
  readonly literals: Uint8Array;
  readonly distance: number;
  readonly length: number;
}

const blockBytes = 65_536;
/** LZ4 lets no copy begin in the last 12 bytes of a block, nor reach into the last 5. */
const [copyEndBytes, lastLiteralsBytes] = [12, 5];
const copyLengthMin = 4;

/** Finds copies greedily by a table of where four bytes stood last. */
function sequencesOf(block: Buffer): Sequence[] {
  const found: Sequence[] = [];
  const seen = new Map<number, number>();
  let done = 0;
  for (let at = 0; at < block.length - copyEndBytes;) {
    const four = block.readInt32LE(at);
    const from = seen.get(four);
    seen.set(four, at);
    if (from === undefined) {
      at++;
      continue;
    }
    let length = copyLengthMin;
    while (
      at + length < block.length - lastLiteralsBytes && block[from + length] === block[at + length]
    ) {
      length++;
    }
    found.push({ literals: block.subarray(done, at), distance: at - from, length });
    at += length;
    done = at;
  }
  found.push({ literals: block.subarray(done), distance: 0, length: 0 });
  return found;
}

function blocksOf(bytes: Uint8Array): Buffer[] {
  const blocks: Buffer[] = [];
  for (let at = 0; at < bytes.length; at += blockBytes) {
    blocks.push(Buffer.from(bytes.subarray(at, at + blockBytes)));
  }
  return blocks;
}

/** The LZ4 frame that Kafka's own client writes: independent blocks of 64 KiB, no checksums. */
function lz4(bytes: Uint8Array): Buffer {
  const parts: Buffer[] = [Buffer.from("04224d18604082", "hex")];
  for (const block of blocksOf(bytes)) {
    const packed = Buffer.concat(sequencesOf(block).map(lz4Sequence));
    const isPlain = packed.length >= block.length;
    const size = Buffer.alloc(4);
    size.writeUInt32LE(isPlain ? 0x80000000 + block.length : packed.length);
    parts.push(size, isPlain ? block : packed);
  }
  return Buffer.concat([...parts, Buffer.alloc(4)]);
}

function lz4Sequence({ literals, distance, length }: Sequence): Buffer {
  const isLast = length === 0;
  const more = isLast ? 0 : length - copyLengthMin;
  const token = Math.min(literals.length, 15) << 4 | Math.min(more, 15);
  const copy = isLast ? [] : [distance & 0xff, distance >> 8, ...lengthBytes(more)];
  return Buffer.concat([
    Buffer.from([token, ...lengthBytes(literals.length)]),
    literals,
    Buffer.from(copy),
  ]);
}

/** What does not fit into the four bits of a token. */
function lengthBytes(length: number): number[] {
  if (length < 15) return [];
  const rest = length - 15;
  return [...new Array<number>(Math.floor(rest / 255)).fill(255), rest % 255];
}

/** One raw block, as librdkafka writes it. */
function snappy(bytes: Uint8Array): Buffer {
  const length: number[] = [];
  let rest = bytes.length;
  for (; rest >= 0x80; rest = Math.floor(rest / 128)) length.push(rest % 128 | 0x80);
  const sequences = blocksOf(bytes).flatMap(sequencesOf);
  return Buffer.concat([Buffer.from([...length, rest]), ...sequences.map(snappySequence)]);
}

/** A copy is of at most 64 bytes. */
function snappySequence({ literals, distance, length }: Sequence): Buffer {
  const last = literals.length - 1;
  const head = last < 0 ? [] : [61 << 2, last & 0xff, last >> 8];
  const copies: number[] = [];
  for (let left = length; left > 0; left -= 64) {
    copies.push((Math.min(left, 64) - 1) << 2 | 2, distance & 0xff, distance >> 8);
  }
  return Buffer.concat([Buffer.from(head), literals, Buffer.from(copies)]);
}
