import { type BackoffPolicy, retrying, unlessAborted } from "../base/backoff.ts";
import type { Clock } from "../base/clock.ts";
import type { Logger } from "../base/logger.ts";
import { OutageLog, type OutageTexts } from "../base/outage_log.ts";
import type { Random } from "../base/random.ts";
import type { RecordAppender } from "../streams/ports.ts";
import type { OutputRecord } from "../streams/record.ts";
import { splitByBytes } from "./batches.ts";
import { refusedLetter } from "./frame_records.ts";
import type { IngestObserver } from "./observer.ts";

/** Bytes of one append: half of what a broker takes in one batch by default. */
const batchBytesMax = 512 * 1024;

/** Waits while the log or the registry is unavailable. */
const retryPolicy: BackoffPolicy = { baseMs: 250, maxMs: 15_000 };

const outageTexts: OutageTexts = {
  lasting: "Records cannot be appended; trying again until they are",
  over: "Records are appended again",
};

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

/** Appends records in the order they were given, one append at a time, for as long as it takes. */
export class RecordSender {
  readonly #options: RecordSenderOptions;
  readonly #outage: OutageLog;
  #acknowledged = 0;

  constructor(options: RecordSenderOptions) {
    this.#options = options;
    this.#outage = new OutageLog(outageTexts, options);
  }

  /** Records that the log has. */
  get acknowledged(): number {
    return this.#acknowledged;
  }

  /**
   * Resolves when the log has all of them. In place of one that it does not take it has a dead
   * letter then.
   *
   * @returns How many dead letters that were.
   * @throws {PipelineError} What the log answered, if it is permanent; `ABORTED` at the
   *   deadline.
   */
  async send(records: readonly OutputRecord[]): Promise<number> {
    let letters = 0;
    for (const batch of splitByBytes(records, batchBytesMax)) {
      const refused = (await this.#append(batch)).map(refusedLetter);
      // The log cuts a dead letter, so it takes each.
      if (refused.length > 0) await this.#append(refused);
      letters += refused.length;
    }
    return letters;
  }

  /**
   * Does something that may have to wait for the log or the registry, and says when it does.
   *
   * @throws {PipelineError} As `work`, if it is permanent; `ABORTED` at the deadline.
   */
  async patiently<T>(work: () => Promise<T>): Promise<T> {
    const { clock, random, deadline } = this.#options;
    return await retrying(() => unlessAborted(work(), deadline, "the log"), {
      policy: retryPolicy,
      clock,
      random,
      signal: deadline,
      onRetry: (error) => this.#noteFailure(error),
    });
  }

  /** @returns What the log does not take. */
  async #append(batch: readonly OutputRecord[]): Promise<readonly OutputRecord[]> {
    const { appender, clock, observer } = this.#options;
    const startMs = clock.monotonicMs();
    const refused = await this.patiently(() => appender.append(batch));
    this.#outage.over();
    this.#acknowledged += batch.length - refused.length;
    const durationMs = clock.monotonicMs() - startMs;
    const ageMs = clock.nowMs() - (batch[0]?.timestampMs ?? clock.nowMs());
    observer.recordsAppended({ records: batch.length - refused.length, durationMs, ageMs });
    return refused;
  }

  #noteFailure(error: unknown): void {
    this.#options.observer.appendFailed(error);
    this.#outage.failed(error);
  }
}
