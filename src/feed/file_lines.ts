import { pipeline } from "node:stream";
import { createGunzip } from "node:zlib";
import { PipelineError } from "../base/errors.ts";
import { LineBytes } from "./line_bytes.ts";
import type { Message } from "./message.ts";

const gzipMagic = [0x1f, 0x8b];
const byteOrderMark = [0xef, 0xbb, 0xbf];
const lineFeed = 0x0a;
const chunkBytes = 64 * 1024;

/** Told how many bytes of the file were read so far. */
export type BytesReadListener = (bytesRead: number) => void;

/**
 * The lines of a text file, gzip or not (its first bytes decide), in bounded memory: of a line that
 * no frame can fill, the beginning.
 *
 * Lines end with LF or CRLF, the last one also with the file. Several gzip files one after the
 * other read as one, because that is what a recorder that was started twice leaves behind.
 *
 * @throws {PipelineError} `CONFIG_INVALID` if the file cannot be opened; `RECORD_MALFORMED` if it
 *   is damaged gzip.
 */
export async function* fileLines(
  path: string,
  onBytesRead: BytesReadListener = () => {},
): AsyncGenerator<Message> {
  using file = await openFile(path);
  const first = new Uint8Array(2);
  const firstLength = await file.read(first) ?? 0;
  await file.seek(0, Deno.SeekMode.Start);
  const isGzip = firstLength === 2 && gzipMagic.every((byte, index) => first[index] === byte);
  const chunks = fileChunks(file, onBytesRead);
  try {
    yield* splitLines(isGzip ? gunzip(chunks) : chunks);
  } catch (error) {
    throw readFailure(path, error);
  }
}

/**
 * Opens a file for reading.
 *
 * @throws {PipelineError} `CONFIG_INVALID`, because the path is the user's.
 */
export async function openFile(path: string): Promise<Deno.FsFile> {
  try {
    const { isFile } = await Deno.stat(path);
    if (!isFile) throw new TypeError("path must be a file: it is not");
    return await Deno.open(path);
  } catch (cause) {
    throw new PipelineError("CONFIG_INVALID", `Cannot replay "${path}" as it cannot be opened`, {
      cause,
    });
  }
}

async function* fileChunks(
  file: Deno.FsFile,
  onBytesRead: BytesReadListener,
): AsyncGenerator<Uint8Array> {
  let bytesRead = 0;
  for (;;) {
    const buffer = new Uint8Array(chunkBytes);
    const length = await file.read(buffer);
    if (length === null) return;
    bytesRead += length;
    onBytesRead(bytesRead);
    yield buffer.subarray(0, length);
  }
}

/** node:zlib and not DecompressionStream: the latter refuses several gzip files in one. */
function gunzip(chunks: AsyncIterable<Uint8Array>): AsyncIterable<Uint8Array> {
  return pipeline(chunks, createGunzip({ chunkSize: chunkBytes }), () => {});
}

/** The lines of a text that comes in pieces; see `fileLines`. */
export async function* splitLines(
  chunks: AsyncIterable<Uint8Array> | Iterable<Uint8Array>,
): AsyncGenerator<Message> {
  const line = new LineBytes();
  let isFirst = true;
  for await (const chunk of chunks) {
    let start = isFirst && isMarked(chunk) ? byteOrderMark.length : 0;
    isFirst = false;
    for (let end = chunk.indexOf(lineFeed); end >= 0; end = chunk.indexOf(lineFeed, start)) {
      line.add(chunk.subarray(start, end));
      yield line.take();
      start = end + 1;
    }
    line.add(chunk.subarray(start));
  }
  if (line.length > 0) yield line.take();
}

/** Editors put a mark in front of a text, which is no part of its first line. */
function isMarked(chunk: Uint8Array): boolean {
  return byteOrderMark.every((byte, index) => chunk[index] === byte);
}

function readFailure(path: string, cause: unknown): PipelineError {
  return new PipelineError(
    "RECORD_MALFORMED",
    `Cannot replay "${path}" to its end as it cannot be read as lines of text or gzip`,
    { cause },
  );
}
