import { assert } from "../base/assert.ts";
import { PipelineError } from "../base/errors.ts";
import type { Clock } from "../base/clock.ts";
import { fileLines, openFile } from "./file_lines.ts";
import { foreignKindOf } from "./foreign_file.ts";
import type { Frame, FrameSource, ParsedFrame } from "./frame.ts";
import { parseMessage } from "./parse_frame.ts";
import { frameOfLine } from "./recorded_frame.ts";
import { momentOf, newestTimeMs, ReplayPacing } from "./replay_pacing.ts";

/** Frames between two calls of `onProgress`. */
const progressEveryFrames = 1_000;

/** Bytes of each end of the file that its name is made of. */
const fingerprintBytes = 64 * 1024;

/** How far a replay has come. */
export interface ReplayProgress {
  readonly frames: number;
  readonly trades: number;
  /** Share of the file that was read, 0 to 100. */
  readonly percent: number;
}

/** Which file to replay, and how. */
export interface ReplayOptions {
  /** Frames as JSON lines, gzip or not. */
  readonly path: string;
  /**
   * 1 = as far apart as the frames were received or, where the recording does not say, as the trades
   * happened; 10 = ten times as fast, or as the reader takes.
   */
  readonly speed: number | "max";
  /**
   * `recorded` leaves the trades' times alone. `shifted` moves all of them alike: at speed 1 the
   * first trade sent happens now, at other speeds the file's newest one does, so that none lies
   * in the future. A gap of more than ten days begins again: see `ReplayPacing`.
   */
  readonly times: "recorded" | "shifted";
  /** Leaves out the frames up to this number: where an earlier run ended; 0 = from the start. */
  readonly fromSequence?: number;
  /** The same for callers who know it by the producer's id only. */
  readonly resumeAfter?: (producerId: string) => number;
  readonly clock: Clock;
  /** Told about every thousandth frame and the last one. */
  readonly onProgress?: (progress: ReplayProgress) => void;
}

/**
 * Opens a recording.
 *
 * @throws {PipelineError} `CONFIG_INVALID` if the file cannot be read, or holds no trade;
 *   `RECORD_MALFORMED` if it is damaged (only seen here when its end is needed for `shifted`).
 */
export async function openReplay(options: ReplayOptions): Promise<ReplaySource> {
  assert(options.speed === "max" || options.speed > 0, `speed must be above 0: ${options.speed}`);
  const { bytes, name } = await fingerprint(options.path);
  const kind = await foreignKindOf(fileLines(options.path));
  if (kind !== undefined) {
    throw new PipelineError(
      "CONFIG_INVALID",
      `Cannot replay "${options.path}" as it must hold trades, one frame of Finnhub's a line: it ` +
        `seems to be ${kind}`,
    );
  }
  const newestMs = options.times === "shifted" && options.speed !== 1
    ? await newestTimeMs(fileLines(options.path))
    : undefined;
  const producerId = `replay-${name}${options.times === "shifted" ? "-shifted" : ""}`;
  const fromSequence = options.fromSequence ?? options.resumeAfter?.(producerId) ?? 0;
  return new ReplaySource({ ...options, fromSequence }, { producerId, bytes, newestMs });
}

/** What was found out about a recording before it is replayed. */
interface Recording {
  readonly producerId: string;
  readonly bytes: number;
  /** Event time of its newest trade, if that was needed. */
  readonly newestMs: number | undefined;
}

/**
 * A recording in time with the clock, be it lines of `recordedLine` or frames as they are. Frame N is
 * the file's Nth line that is not empty, so the
 * same file gives the same sequences; lines that are no frames are passed on for the reader to
 * judge.
 */
export class ReplaySource implements FrameSource {
  readonly producerId: string;
  readonly #options: ReplayOptions;
  readonly #recording: Recording;

  constructor(options: ReplayOptions, recording: Recording) {
    this.producerId = recording.producerId;
    this.#options = options;
    this.#recording = recording;
  }

  async *frames(signal: AbortSignal): AsyncGenerator<Frame> {
    const { clock, fromSequence = 0, path } = this.#options;
    const pacing = new ReplayPacing(this.#options, this.#recording.newestMs);
    const progress = new ProgressReport(this.#options, this.#recording.bytes);
    for await (const line of fileLines(path, (bytes) => progress.bytesRead = bytes)) {
      if (signal.aborted) return;
      if (line.text === "" && line.unreadable === undefined) continue;
      const sequence = ++progress.frames;
      if (sequence <= fromSequence) continue;
      const { message, receivedAtMs } = frameOfLine(line);
      const parsed = parseMessage(message);
      if (!await pacing.reach(momentOf(parsed, receivedAtMs), signal)) return;
      const text = pacing.shifted(message.text);
      yield { ...message, text, receivedAtMs: clock.nowMs(), sequence };
      progress.sent(parsed);
    }
    progress.report();
  }
}

/** Counts for `onProgress`. */
class ProgressReport {
  readonly #options: ReplayOptions;
  readonly #bytes: number;
  #trades = 0;
  frames = 0;
  bytesRead = 0;

  constructor(options: ReplayOptions, bytes: number) {
    this.#options = options;
    this.#bytes = bytes;
  }

  sent(parsed: ParsedFrame): void {
    if (parsed.kind === "trades") this.#trades += parsed.trades.length;
    if (this.frames % progressEveryFrames === 0) this.report();
  }

  report(): void {
    const percent = this.#bytes === 0 ? 100 : Math.min(100, this.bytesRead / this.#bytes * 100);
    this.#options.onProgress?.({ frames: this.frames, trades: this.#trades, percent });
  }
}

/**
 * Names a file by its length and both its ends, so that the name survives a move or a copy and
 * costs the same for any size. A recording that grew is another one.
 */
async function fingerprint(path: string): Promise<{ name: string; bytes: number }> {
  using file = await openFile(path);
  const { size: bytes } = await file.stat();
  const head = await readAt(file, 0);
  const tail = await readAt(file, Math.max(0, bytes - fingerprintBytes));
  const length = new TextEncoder().encode(`${bytes}:`);
  const hash = await crypto.subtle.digest("SHA-256", new Uint8Array([...length, ...head, ...tail]));
  return { name: new Uint8Array(hash).toHex().slice(0, 16), bytes };
}

async function readAt(file: Deno.FsFile, position: number): Promise<Uint8Array> {
  await file.seek(position, Deno.SeekMode.Start);
  const buffer = new Uint8Array(fingerprintBytes);
  let length = 0;
  while (length < buffer.length) {
    const read = await file.read(buffer.subarray(length));
    if (read === null) break;
    length += read;
  }
  return buffer.subarray(0, length);
}
