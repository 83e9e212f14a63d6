import { pipeline } from "node:stream";
import { createGunzip } from "node:zlib";
import { PipelineError } from "../base/errors.ts";
import { frameBytesMax, isFrameTooLong } from "./frame.ts";

const gzipMagic = [0x1f, 0x8b];
const chunkBytes = 64 * 1024;

/** Told how many bytes of the file were read so far. */
export type BytesReadListener = (bytesRead: number) => void;

/**
 * The lines of a text file, gzip or not (its first bytes decide), in bounded memory.
 *
 * Lines end with LF or CRLF, the last one also with the file. Several gzip files one after the
 * other read as one, because that is what a recorder that was started twice leaves behind.
 *
 * @throws {PipelineError} `CONFIG_INVALID` if the file cannot be opened; `RECORD_MALFORMED` if it
 *   is damaged gzip or holds a line longer than a frame may be.
 */
export async function* fileLines(
  path: string,
  onBytesRead: BytesReadListener = () => {},
): AsyncGenerator<string> {
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
    if (!isFile) throw new TypeError("path must be a file: something else");
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

async function* splitLines(chunks: AsyncIterable<Uint8Array>): AsyncGenerator<string> {
  const decoder = new TextDecoder("utf-8", { ignoreBOM: false }); // editors put one in front
  let rest = "";
  for await (const chunk of chunks) {
    const lines = (rest + decoder.decode(chunk, { stream: true })).split("\n");
    rest = lines.pop() ?? "";
    for (const line of lines) yield withoutCarriageReturn(line);
    if (isLineTooLong(rest)) throw tooLong();
  }
  rest += decoder.decode();
  if (rest !== "") yield withoutCarriageReturn(rest);
}

function withoutCarriageReturn(line: string): string {
  if (isLineTooLong(line)) throw tooLong();
  return line.endsWith("\r") ? line.slice(0, -1) : line;
}

/** A recorded line has its frame's quotes escaped and a time in front. */
function isLineTooLong(line: string): boolean {
  return isFrameTooLong(line) && (line[0] !== "[" || line.length > 2 * frameBytesMax + 32);
}

function tooLong(): RangeError {
  return new RangeError(`a line must be at most ${frameBytesMax} bytes: longer`);
}

function readFailure(path: string, cause: unknown): PipelineError {
  return new PipelineError(
    "RECORD_MALFORMED",
    `Cannot replay "${path}" to its end as it cannot be read as lines of text or gzip`,
    { cause },
  );
}
