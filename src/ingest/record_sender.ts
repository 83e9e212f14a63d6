import { type BackoffPolicy, retrying } from "../base/backoff.ts";
import type { Clock } from "../base/clock.ts";
import { describeError, isAborted, PipelineError } from "../base/errors.ts";
import type { Logger } from "../base/logger.ts";
import { BoundedQueue } from "../base/queue.ts";
import type { Random } from "../base/random.ts";
import type { RecordAppender } from "../streams/ports.ts";
import type { OutputRecord } from "../streams/record.ts";
import { recordBytes, splitByBytes } from "./batches.ts";
import type { IngestObserver } from "./observer.ts";
import { OutageLog } from "./outage_log.ts";

/** Records that wait for the log, bytes; then the feed has to wait. */
const queueBytesMax = 8 * 1024 * 1024;

/** Frames whose records go into one append. */
const batchFramesMax = 1_000;

/** Bytes of one append: half of what a broker takes in one batch by default. */
const batchBytesMax = 512 * 1024;

/** Waits while the log or the registry is away. */
export const retryPolicy: BackoffPolicy = { baseMs: 250, maxMs: 15_000 };

/** What a sender needs. */
export interface RecordSenderOptions {
  readonly appender: RecordAppender;
  readonly clock: Clock;
  readonly random: Random;
  readonly logger: Logger;
  readonly observer: IngestObserver;
  /** Fires when what is not sent yet need not be sent any more. */
  readonly deadline: AbortSignal;
}

/**
 * Appends records in the order they were given, one append at a time; what was given meanwhile
 * goes into the next one, so batches grow exactly as far as the log is slow.
 */
export class RecordSender {
  readonly #options: RecordSenderOptions;
  readonly #queue = new BoundedQueue<readonly OutputRecord[]>(queueBytesMax);
  readonly #outage: OutageLog;
  #given = 0;
  #acknowledged = 0;

  constructor(options: RecordSenderOptions) {
    this.#options = options;
    this.#outage = new OutageLog(options.logger, options.clock);
  }

  get acknowledged(): number {
    return this.#acknowledged;
  }

  /** Records given and not (yet) acknowledged. */
  get unacknowledged(): number {
    return this.#given - this.#acknowledged;
  }

  /**
   * Gives the records of one frame; waits while the queue is full.
   *
   * @throws {PipelineError} `ABORTED` once the sender has stopped.
   */
  async give(records: readonly OutputRecord[]): Promise<void> {
    this.#given += records.length;
    await this.#queue.put(records, records.reduce((sum, it) => sum + recordBytes(it), 0));
    this.#reportQueue();
  }

  /** Nothing more will be given: `run` ends after what there is. */
  close(): void {
    this.#queue.close();
  }

  /**
   * Sends until closed and empty, or until the deadline.
   *
   * @throws {PipelineError} What the log answered, if another try cannot mend it.
   */
  async run(): Promise<void> {
    try {
      for (;;) {
        const frames = await this.#queue.take(batchFramesMax);
        if (frames.length === 0) return;
        this.#reportQueue();
        for (const batch of splitByBytes(frames.flat(), batchBytesMax)) await this.#append(batch);
      }
    } catch (error) {
      if (!this.#options.deadline.aborted || !isAborted(error)) throw error;
    } finally {
      this.#queue.close();
    }
  }

  async #append(batch: readonly OutputRecord[]): Promise<void> {
    const { appender, clock, random, deadline, observer } = this.#options;
    const startMs = clock.monotonicMs();
    await retrying(() => unlessAborted(appender.append(batch), deadline), {
      policy: retryPolicy,
      clock,
      random,
      signal: deadline,
      onRetry: (error) => this.#noteFailure(error),
    });
    this.#outage.over();
    this.#acknowledged += batch.length;
    const durationMs = clock.monotonicMs() - startMs;
    const ageMs = clock.nowMs() - (batch[0]?.timestampMs ?? clock.nowMs());
    observer.recordsAppended({ records: batch.length, durationMs, ageMs });
  }

  #noteFailure(error: unknown): void {
    this.#options.observer.appendFailed(error);
    this.#outage.failed(describeError(error));
  }

  #reportQueue(): void {
    this.#options.observer.queueChanged(this.#queue.size, this.#queue.weight);
  }
}

/** The work's outcome, or `ABORTED` as soon as the signal fires. */
async function unlessAborted<T>(work: Promise<T>, signal: AbortSignal): Promise<T> {
  const { promise, reject } = Promise.withResolvers<never>();
  const abort = () =>
    reject(new PipelineError("ABORTED", "Cannot wait for the log as the program is shutting down"));
  if (signal.aborted) abort();
  signal.addEventListener("abort", abort, { once: true });
  try {
    return await Promise.race([work, promise]);
  } finally {
    signal.removeEventListener("abort", abort);
  }
}
