import { InvariantError } from "../../base/assert.ts";
import { describeError, PipelineError } from "../../base/errors.ts";
import { type LogRecord, type OutputRecord, partitionName } from "../record.ts";
import type { ItemCounts } from "../item_counts.ts";
import { type EventContext, type Fault, streamsOf, type Topology } from "../topology/topology.ts";
import type { Emitting } from "./emitting.ts";
import { type DeadLetterCause, deadLetterRecord, lateRecord, type Origin } from "../side_output.ts";
import { WaitingRecords } from "./waiting_records.ts";

/** A job's input, windows and policies, whatever it makes of its events. */
type Job<E> = Pick<Topology<E, never, never>, "source" | "windows" | "handlers">;

/**
 * What came to nothing since the last commit: late events and dead letters, kept and counted.
 *
 * Owner: the record processor.
 */
export class SideOutputs<E> {
  readonly #job: Job<E>;
  readonly #counts: { -readonly [K in keyof ItemCounts]: ItemCounts[K] };
  readonly #waiting = new WaitingRecords();

  /** @param counts The processor's own; changed here. */
  constructor(job: Job<E>, counts: { -readonly [K in keyof ItemCounts]: ItemCounts[K] }) {
    this.#job = job;
    this.#counts = counts;
  }

  /** In input order. */
  get records(): readonly OutputRecord[] {
    return this.#waiting.all;
  }

  /** True when no more should wait for a commit. */
  get isFull(): boolean {
    return this.#waiting.isFull;
  }

  /** Leaves them to a commit. */
  handOver(): void {
    this.#waiting.clear();
  }

  /**
   * Keeps a record that cannot be used at all; it counts as one item.
   *
   * @throws {PipelineError} `RECORD_REFUSED` where the job says to stop.
   */
  deadRecord(record: LogRecord, { cause, detail }: Fault): void {
    const { handlers, source } = this.#job;
    if (handlers.onDeserializationError(record, cause, detail) === "stop") {
      throw refused(record, `it cannot be read: ${cause}, ${detail}`, undefined);
    }
    this.#counts.read += 1;
    this.#counts.deadLetters += 1;
    this.#waiting.add(deadLetterRecord(streamsOf(source), { record }, cause, detail));
  }

  /** Keeps an event, counted as read, that cannot be used. */
  deadEvent(origin: Origin, cause: DeadLetterCause, detail: string): void {
    this.#counts.deadLetters += 1;
    this.#waiting.add(deadLetterRecord(streamsOf(this.#job.source), origin, cause, detail));
  }

  /** Keeps an event that gets no further on the way to its key, counted here. */
  deadOnItsWay(origin: Origin, { cause, detail }: Fault): void {
    this.#counts.read += 1;
    this.deadEvent(origin, cause, detail);
  }

  /** What the job's own code makes of a record that it throws on; damage and bugs of ours are thrown. */
  jobFault(error: unknown, record: LogRecord): Fault {
    if (error instanceof PipelineError || error instanceof InvariantError) throw error;
    if (this.#job.handlers.onProcessingError(error, record) === "stop") {
      throw refused(record, "the job failed on one of its events", error);
    }
    return { cause: "processing-error", detail: describeError(error) };
  }

  /** Counts an event that is not folded: left out, or late where partners may have gone. */
  passedOn(event: E, context: EventContext, emitting: Emitting<E> | undefined): void {
    if (emitting?.attempted !== true) {
      this.#counts.read -= 1;
      return;
    }
    const { missed, timeMs } = emitting;
    for (const window of missed) this.missed(event, context, window, timeMs);
    this.#counts[missed.length > 0 ? "late" : "aggregated"] += 1;
  }

  /** Keeps an event, counted as read, that has no window: it is late, or nothing that can have one. */
  without(
    event: E,
    context: EventContext,
    missed: { readonly startMs: number } | Fault,
    streamTimeMs: number,
  ): void {
    if ("cause" in missed) return this.deadEvent(context, missed.cause, missed.detail);
    this.missed(event, context, missed, streamTimeMs);
    this.#counts.late += 1;
  }

  /** Keeps an event that came too late for a window, one of the job's where it has no end. */
  missed(
    event: E,
    context: EventContext,
    { startMs, endMs = startMs + this.#job.windows.sizeMs }: {
      readonly startMs: number;
      readonly endMs?: number;
    },
    streamTimeMs: number,
  ): void {
    const { source } = this.#job;
    const value = source.writeLate?.(event) ?? source.write([event]);
    const [{ key }, window] = [context, { startMs, endMs }];
    this.#waiting.add(
      lateRecord(streamsOf(source), context, { key, value, window, streamTimeMs }),
    );
  }
}

/** Why a task stops at a record. */
export function refused(record: LogRecord, reason: string, cause: unknown): PipelineError {
  return new PipelineError(
    "RECORD_REFUSED",
    `Cannot continue at ${partitionName(record)}@${record.offset} as ${reason}`,
    { cause, context: { topic: record.topic, partition: record.partition, offset: record.offset } },
  );
}
