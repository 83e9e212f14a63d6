import { Counter, Histogram, type Registry } from "prom-client";
import type { ErrorCode } from "../base/errors.ts";
import type { DeadLetterCause } from "../streams/side_output.ts";
import { durationBuckets } from "./buckets.ts";

/** Numbers of the way from the log to the sink; each method is told of one event. */
export class StreamMetrics {
  readonly #records: Counter;
  readonly #commitDuration: Histogram;
  readonly #failures: Counter<"code">;
  readonly #deadLetters: Counter<"cause">;
  readonly #sinkRows: Counter;
  readonly #sinkDuration: Histogram;

  constructor(registry: Registry) {
    const registers = [registry];
    this.#records = new Counter({
      name: "stream_records_read_total",
      help: "Input records read by this process, those read again after a failure included.",
      registers,
    });
    this.#commitDuration = new Histogram({
      name: "stream_commit_duration_seconds",
      help: "Duration of a commit: sink, transaction, local store.",
      buckets: durationBuckets,
      registers,
    });
    this.#failures = new Counter({
      name: "stream_task_failures_total",
      help: "Times a task failed and was or will be tried again, by error code.",
      labelNames: ["code"],
      registers,
    });
    this.#deadLetters = new Counter({
      name: "stream_dead_letters_total",
      help: "Items that became dead letters in this process, by cause.",
      labelNames: ["cause"],
      registers,
    });
    this.#sinkRows = new Counter({
      name: "sink_rows_total",
      help: "Rows that the sink acknowledged.",
      registers,
    });
    this.#sinkDuration = new Histogram({
      name: "sink_write_duration_seconds",
      help: "Duration of a write of one commit's rows to the sink.",
      buckets: durationBuckets,
      registers,
    });
  }

  recordsRead(count: number): void {
    this.#records.inc(count);
  }

  committed(durationMs: number): void {
    this.#commitDuration.observe(durationMs / 1000);
  }

  taskFailed(code: ErrorCode): void {
    this.#failures.inc({ code });
  }

  deadLetter(cause: DeadLetterCause): void {
    this.#deadLetters.inc({ cause });
  }

  sinkWritten(rows: number, durationMs: number): void {
    this.#sinkRows.inc(rows);
    this.#sinkDuration.observe(durationMs / 1000);
  }
}
