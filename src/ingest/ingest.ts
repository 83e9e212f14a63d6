import { retrying } from "../base/backoff.ts";
import type { Clock } from "../base/clock.ts";
import { isAborted } from "../base/errors.ts";
import type { Logger } from "../base/logger.ts";
import type { Random } from "../base/random.ts";
import type { Frame, FrameSource, ParsedFrame } from "../feed/frame.ts";
import { parseFrame } from "../feed/parse_frame.ts";
import type { TradeCodec } from "../market/codec.ts";
import type { RecordAppender } from "../streams/ports.ts";
import { drainDeadline } from "./drain.ts";
import { type FrameDeadLetter, type FrameRecords, frameToRecords } from "./frame_records.ts";
import { type IngestObserver, noIngestObserver } from "./observer.ts";
import { RecordSender, retryPolicy } from "./record_sender.ts";

/** How long records that were received may take to be acknowledged after a shutdown, ms. */
const drainMsMax = 5_000;

/** What the ingest needs. */
export interface IngestOptions {
  readonly source: FrameSource;
  readonly appender: RecordAppender;
  readonly codec: TradeCodec;
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
  readonly frames: number;
  readonly trades: number;
  /** Frames that went to the dead letters, as a whole or for a part. */
  readonly deadLetters: number;
  /** Records acknowledged by the log, dead letters included. */
  readonly records: number;
  /** Records that were not acknowledged when a shutdown ran out of time. */
  readonly unacknowledged: number;
}

/**
 * Carries frames from a source to the log: parse, split by symbol, encode, append.
 *
 * Ordering: records are appended in the order of the frames. Guarantee: at least once while the
 * program lives; a log or registry that does not answer is asked again for ever, and the source
 * has to wait once 8 MiB are queued. The records' sequences let the reader drop repeats.
 *
 * @returns When the source has ended or the signal fired, and the rest is sent.
 * @throws Whatever the source throws, after what it sent before is acknowledged; an error of the
 *   log that another try cannot mend.
 */
export async function runIngest(options: IngestOptions): Promise<IngestTotals> {
  using deadline = drainDeadline(options.signal, drainMsMax, options.clock);
  return await new Ingest(options, deadline.signal).run();
}

class Ingest {
  readonly #options: IngestOptions;
  readonly #observer: IngestObserver;
  readonly #deadline: AbortSignal;
  readonly #sender: RecordSender;
  /** Fires when the log takes nothing any more. */
  readonly #senderStopped = new AbortController();
  readonly #causesSeen = new Set<string>();
  #frames = 0;
  #trades = 0;
  #deadLetters = 0;

  constructor(options: IngestOptions, deadline: AbortSignal) {
    this.#options = options;
    this.#observer = options.observer ?? noIngestObserver;
    this.#deadline = deadline;
    this.#sender = new RecordSender({ ...options, observer: this.#observer, deadline });
  }

  async run(): Promise<IngestTotals> {
    const [sent, received] = await Promise.allSettled([this.#send(), this.#receive()]);
    this.#nameUnacknowledged();
    if (sent.status === "rejected") throw sent.reason;
    if (received.status === "rejected" && !isAborted(received.reason)) throw received.reason;
    return {
      frames: this.#frames,
      trades: this.#trades,
      deadLetters: this.#deadLetters,
      records: this.#sender.acknowledged,
      unacknowledged: this.#sender.unacknowledged,
    };
  }

  async #send(): Promise<void> {
    try {
      await this.#sender.run();
    } finally {
      this.#senderStopped.abort();
    }
  }

  async #receive(): Promise<void> {
    const { source, signal } = this.#options;
    const stop = AbortSignal.any([signal, this.#senderStopped.signal]);
    try {
      for await (const frame of source.frames(stop)) await this.#accept(frame);
    } finally {
      this.#sender.close();
    }
  }

  async #accept(frame: Frame): Promise<void> {
    const parsed = parseFrame(frame.text);
    const { records, tradeCount, deadLetter } = await this.#convert(frame, parsed);
    this.#frames++;
    this.#trades += tradeCount;
    this.#observer.frameReceived(parsed.kind, tradeCount);
    if (deadLetter) this.#noteDeadLetter(deadLetter);
    if (records.length > 0) await this.#sender.give(records);
  }

  /** Tries again for as long as the codec waits for the registry. */
  #convert(frame: Frame, parsed: ParsedFrame): Promise<FrameRecords> {
    const { topic, codec, source, clock, random } = this.#options;
    const terms = { topic, codec, producerId: source.producerId };
    return retrying(() => Promise.try(frameToRecords, frame, parsed, terms), {
      policy: retryPolicy,
      clock,
      random,
      signal: this.#deadline,
      onRetry: (error) => this.#observer.appendFailed(error),
    });
  }

  #noteDeadLetter({ cause, detail }: FrameDeadLetter): void {
    this.#deadLetters++;
    this.#observer.deadLettered(cause);
    if (this.#causesSeen.has(cause)) return;
    this.#causesSeen.add(cause);
    const message = "A frame went to the dead letters; further ones of this cause are only counted";
    this.#options.logger.warn(message, { cause, detail });
  }

  #nameUnacknowledged(): void {
    const records = this.#sender.unacknowledged;
    if (records === 0) return;
    this.#options.logger.error("Records that were received could not be appended", { records });
  }
}
