import type { Clock } from "../base/clock.ts";
import { isAborted } from "../base/errors.ts";
import type { Logger } from "../base/logger.ts";
import { BoundedQueue } from "../base/queue.ts";
import type { Random } from "../base/random.ts";
import { RateLimitedLines } from "../base/rate_limited_lines.ts";
import type { Frame, FrameSource, ParsedFrame } from "../feed/frame.ts";
import { messageSize } from "../feed/message.ts";
import { parseMessage } from "../feed/parse_frame.ts";
import type { TradeCodec } from "../market/codec.ts";
import type { RecordAppender } from "../streams/ports.ts";
import { drainDeadline } from "./drain.ts";
import {
  type FrameDeadLetter,
  type FrameRecords,
  frameToRecords,
  tooLarge,
} from "./frame_records.ts";
import { type IngestObserver, noIngestObserver } from "./observer.ts";
import { RecordSender } from "./record_sender.ts";
import type { Spool } from "./spool.ts";
import type { SpooledFrame } from "./spooled_frame.ts";

/** How long frames that were received may take to be acknowledged after a shutdown, ms. */
const drainMsMax = 5_000;

/** Frames that arrive while the spool writes, characters; then the feed has to wait. */
const arrivingMax = 1024 * 1024;

/** Frames that are spooled, or sent, together. */
const togetherMax = { items: 1_000, bytes: 1 << 20 } as const;

/** What the ingest needs. */
export interface IngestOptions {
  readonly source: FrameSource;
  /** Where frames wait for the log; what an earlier run left in it is sent first. */
  readonly spool: Spool;
  readonly appender: RecordAppender;
  /** The codec as soon as there is one; frames are received and spooled before. */
  readonly codec: () => Promise<TradeCodec>;
  /** The input topic of the processor; dead letters go to its sister. */
  readonly topic: string;
  readonly clock: Clock;
  readonly random: Random;
  readonly logger: Logger;
  readonly observer?: IngestObserver;
  /** Ends the run: what was received is still sent, for at most five seconds. */
  readonly signal: AbortSignal;
}

/** What a run did. */
export interface IngestTotals {
  /** Frames received. */
  readonly frames: number;
  /** Trades acknowledged by the log. */
  readonly trades: number;
  /** Frames that went to the dead letters, as a whole or for a part. */
  readonly deadLetters: number;
  /** Records acknowledged by the log, dead letters included. */
  readonly records: number;
  /** Frames that were not acknowledged when a shutdown ran out of time; they are in the spool. */
  readonly waiting: number;
}

/**
 * Carries frames from a source to the log: spool, parse, split by symbol, encode, append, forget.
 *
 * Ordering: records are appended in the order of the frames. Guarantee: a frame that reached the
 * spool reaches the log at least once, in this run or a later one over the same spool; a log or
 * registry that does not answer is retried without limit. A frame's records are always equal, so
 * their sequences let the reader drop repeats.
 *
 * @returns When the source has ended or the signal fired, and the rest is sent.
 * @throws Whatever the source throws, after what it sent before is acknowledged; an error of the
 *   log that is permanent; `SPOOL_FULL`.
 */
export async function runIngest(options: IngestOptions): Promise<IngestTotals> {
  const failed = new AbortController();
  const ending = AbortSignal.any([options.signal, failed.signal]);
  using deadline = drainDeadline(ending, drainMsMax, options.clock);
  return await new Ingest(options, { failed, deadline: deadline.signal }).run();
}

/** A frame and what becomes of it. */
interface ReadFrame extends FrameRecords {
  readonly kind: ParsedFrame["kind"];
}

/** How a run ends early. */
interface Endings {
  /** Fired when frames cannot be kept any more. */
  readonly failed: AbortController;
  /** Fires some time after the shutdown, or after `failed`. */
  readonly deadline: AbortSignal;
}

class Ingest {
  readonly #options: IngestOptions;
  readonly #observer: IngestObserver;
  readonly #failed: AbortController;
  readonly #sender: RecordSender;
  readonly #arriving = new BoundedQueue<Frame>(arrivingMax);
  /** Fires when a later step of the way takes nothing any more. */
  readonly #stopped = new AbortController();
  readonly #deadLetterLines: RateLimitedLines;
  #frames = 0;
  #trades = 0;
  #deadLetters = 0;

  constructor(options: IngestOptions, { failed, deadline }: Endings) {
    this.#options = options;
    this.#observer = options.observer ?? noIngestObserver;
    this.#failed = failed;
    this.#deadLetterLines = new RateLimitedLines(options.logger, options.clock);
    this.#sender = new RecordSender({ ...options, observer: this.#observer, deadline });
  }

  async run(): Promise<IngestTotals> {
    const steps = [this.#send(), this.#keep(), this.#receive()];
    for (const step of await Promise.allSettled(steps)) {
      if (step.status === "rejected" && !isAborted(step.reason)) throw step.reason;
    }
    return {
      frames: this.#frames,
      trades: this.#trades,
      deadLetters: this.#deadLetters,
      records: this.#sender.acknowledged,
      waiting: this.#options.spool.depth.frames,
    };
  }

  /** From the source to the memory of this process. */
  async #receive(): Promise<void> {
    const { source, signal } = this.#options;
    const stop = AbortSignal.any([signal, this.#stopped.signal]);
    try {
      for await (const frame of source.frames(stop)) {
        this.#frames++;
        await this.#arriving.put(frame, messageSize(frame));
      }
    } finally {
      this.#arriving.close();
    }
  }

  /** To the spool: what arrived during a write goes into the next one. */
  async #keep(): Promise<void> {
    const { source, spool } = this.#options;
    try {
      for (;;) {
        const frames = await this.#arriving.take(togetherMax.items);
        if (frames.length === 0) return;
        await spool.append(frames, source.producerId);
        this.#observer.spoolChanged(spool.depth);
      }
    } catch (error) {
      this.#failed.abort();
      throw error;
    } finally {
      this.#arriving.close();
      this.#stopped.abort();
      spool.close();
    }
  }

  /** From the spool to the log. */
  async #send(): Promise<void> {
    const { spool } = this.#options;
    try {
      const codec = await this.#sender.patiently(this.#options.codec);
      for (;;) {
        const batch = await spool.next(togetherMax);
        if (batch.frames.length === 0) return;
        const read = await this.#sender.patiently(() =>
          Promise.try(() => batch.frames.map((frame) => this.#read(frame, codec)))
        );
        const letters = await this.#sender.send(read.flatMap(({ records }) => records));
        await spool.done(batch);
        for (const frame of read) this.#note(frame);
        for (let letter = 0; letter < letters; letter++) this.#noteDeadLetter(tooLarge);
        this.#observer.spoolChanged(spool.depth);
      }
    } finally {
      this.#stopped.abort();
      this.#arriving.close();
      spool.close();
    }
  }

  /** @throws {PipelineError} `REGISTRY_UNAVAILABLE` as long as the codec waits for the registry. */
  #read(frame: SpooledFrame, codec: TradeCodec): ReadFrame {
    const parsed = parseMessage(frame);
    const terms = { topic: this.#options.topic, codec, producerId: frame.producerId };
    return { ...frameToRecords(frame, parsed, terms), kind: parsed.kind };
  }

  #note({ kind, tradeCount, deadLetter }: ReadFrame): void {
    this.#trades += tradeCount;
    this.#observer.frameSent(kind, tradeCount);
    if (deadLetter) this.#noteDeadLetter(deadLetter);
  }

  #noteDeadLetter(letter: FrameDeadLetter): void {
    const { cause, detail } = letter;
    this.#deadLetters++;
    this.#observer.deadLettered(letter);
    this.#deadLetterLines.warn(cause, "Frames went to the dead letters", () => ({ detail }));
  }
}
