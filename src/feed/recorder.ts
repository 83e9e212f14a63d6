import { gzipSync } from "node:zlib";
import type { Clock } from "../base/clock.ts";
import { PipelineError } from "../base/errors.ts";
import type { Logger } from "../base/logger.ts";
import type { Secret } from "../base/secret.ts";
import type { Frame } from "./frame.ts";
import { recordedLine } from "./recorded_frame.ts";

/** Frames are written together, at the latest so long after the first of them, ms. */
const gatherMsMax = 2_000;

/** Characters of frames that are written together at most. */
const gatherMax = 256 * 1024;

/** Files of one millisecond: recorders that share a folder. */
const filesPerMomentMax = 100;

/** Where and how to record. */
export interface RecorderOptions {
  readonly folder: string;
  /** A file that has reached this size is followed by another one, bytes. */
  readonly fileBytesMax: number;
  /** A file that was begun this long ago is followed by another one, ms. */
  readonly fileAgeMsMax: number;
  /** Taken out of every frame, should a server ever send it back. */
  readonly secret: Secret;
  readonly clock: Clock;
  readonly logger: Logger;
}

/**
 * Writes frames into compressed files of JSON lines.
 *
 * Each portion of frames is a gzip file of its own behind the others, and is written at once: a
 * program that is killed leaves a file that can be read to its end, at most two seconds short.
 * Several files joined by `cat` are one recording.
 *
 * Owner: the main. Ordering: frames stand in the order of the calls of `add`.
 */
export class Recorder implements AsyncDisposable {
  readonly #options: RecorderOptions;
  #file: RecordingFile | undefined;
  #lines: string[] = [];
  #gathered = 0;
  #gatheredSinceMs = 0;
  #frames = 0;
  #writing: Promise<void> = Promise.resolve();

  constructor(options: RecorderOptions) {
    this.#options = options;
  }

  /** Frames recorded. */
  get frames(): number {
    return this.#frames;
  }

  /**
   * Records a frame.
   *
   * @throws {PipelineError} `STORE_UNAVAILABLE` if it cannot be written.
   */
  async add(frame: Frame): Promise<void> {
    const { clock, secret } = this.#options;
    const text = lossyText(frame).replaceAll(secret.reveal(), "[secret]");
    const line = recordedLine({ text, receivedAtMs: frame.receivedAtMs });
    if (this.#lines.length === 0) this.#gatheredSinceMs = clock.monotonicMs();
    this.#lines.push(line);
    this.#gathered += line.length;
    this.#frames++;
    if (this.#gathered >= gatherMax) await this.flush();
  }

  /** Writes what has gathered, if it has waited for long enough. */
  async flushIfDue(): Promise<void> {
    const waitedMs = this.#options.clock.monotonicMs() - this.#gatheredSinceMs;
    if (waitedMs >= gatherMsMax) await this.flush();
  }

  /** Writes what has gathered. */
  async flush(): Promise<void> {
    if (this.#lines.length === 0) return;
    const portion = gzipSync(`${this.#lines.join("\n")}\n`);
    const frames = this.#lines.length;
    this.#lines = [];
    this.#gathered = 0;
    this.#writing = this.#writing.then(() => this.#write(portion, frames));
    await this.#writing;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.flush();
    this.#endFile();
  }

  async #write(portion: Uint8Array, frames: number): Promise<void> {
    const { folder, fileBytesMax, fileAgeMsMax, clock } = this.#options;
    try {
      this.#file ??= await RecordingFile.create(folder, clock.nowMs());
      await this.#file.append(portion, frames);
    } catch (cause) {
      throw new PipelineError(
        "STORE_UNAVAILABLE",
        `Cannot record into ${folder}: check that the folder is writable and the disk has room`,
        { cause },
      );
    }
    const ageMs = clock.nowMs() - this.#file.begunAtMs;
    if (this.#file.bytes >= fileBytesMax || ageMs >= fileAgeMsMax) this.#endFile();
  }

  #endFile(): void {
    if (this.#file === undefined) return;
    const { path, frames, bytes } = this.#file;
    this.#file[Symbol.dispose]();
    this.#file = undefined;
    this.#options.logger.info("Recorded", { file: path, frames, bytes });
  }
}

/** A recording holds texts: of what is none, U+FFFD stands for each byte that cannot be read. */
function lossyText({ text, unreadable }: Frame): string {
  if (unreadable === undefined) return text;
  return new TextDecoder("utf-8", { ignoreBOM: true }).decode(unreadable.bytes);
}

/** One file of a recording. */
class RecordingFile implements Disposable {
  readonly #file: Deno.FsFile;
  readonly path: string;
  readonly begunAtMs: number;
  frames = 0;
  bytes = 0;

  private constructor(file: Deno.FsFile, path: string, begunAtMs: number) {
    this.#file = file;
    this.path = path;
    this.begunAtMs = begunAtMs;
  }

  /** Named after the moment; never an existing file. */
  static async create(folder: string, nowMs: number): Promise<RecordingFile> {
    await Deno.mkdir(folder, { recursive: true });
    const moment = new Date(nowMs).toISOString().replaceAll(/[-:]/g, "").replace(".", "-");
    for (let number = 1;; number++) {
      const path = `${folder}/frames-${moment}${number === 1 ? "" : `_${number}`}.jsonl.gz`;
      try {
        const file = await Deno.open(path, { createNew: true, write: true });
        return new RecordingFile(file, path, nowMs);
      } catch (error) {
        if (!(error instanceof Deno.errors.AlreadyExists) || number === filesPerMomentMax) {
          throw error;
        }
      }
    }
  }

  async append(portion: Uint8Array, frames: number): Promise<void> {
    for (let at = 0; at < portion.length;) at += await this.#file.write(portion.subarray(at));
    this.frames += frames;
    this.bytes += portion.length;
  }

  [Symbol.dispose](): void {
    this.#file.close();
  }
}
