import { Counter, Gauge, Histogram, type Registry } from "prom-client";
import type { ErrorCode } from "../../base/errors.ts";
import type { SymbolActivity } from "../../market/symbol_activity.ts";
import type { TopicPartition } from "../../streams/record.ts";
import type { DeadLetterCause } from "../../streams/side_output.ts";
import { durationBuckets } from "./buckets.ts";
import { deadLetterCounter } from "./dead_letter_counter.ts";

/** Numbers of the way from the log to the sink; each method counts one event. */
export class StreamMetrics {
  readonly #records: Counter;
  readonly #commitDuration: Histogram;
  readonly #failures: Counter<"code">;
  readonly #deadLetters: Counter<"cause">;
  readonly #sinkRows: Counter;
  readonly #sinkDuration: Histogram;
  readonly #symbols: Gauge<"topic" | "partition" | "activity">;
  readonly #openWindows: Gauge<"topic" | "partition">;

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
    this.#deadLetters = deadLetterCounter({
      name: "stream_dead_letters_total",
      help: "Items that became dead letters in this process, by cause.",
    }, registry);
    this.#sinkRows = new Counter({
      name: "sink_rows_total",
      help: "Rows that the sink acknowledged.",
      registers,
    });
    this.#sinkDuration = new Histogram({
      name: "sink_write_duration_seconds",
      help: "Duration of a write of rows to the sink.",
      buckets: durationBuckets,
      registers,
    });
    this.#symbols = new Gauge({
      name: "market_symbols",
      help: "Symbols in the state by activity: quiet without a trade in five minutes, else active.",
      labelNames: ["topic", "partition", "activity"],
      registers,
    });
    this.#openWindows = new Gauge({
      name: "market_open_windows",
      help: "Windows in the state that are not final yet.",
      labelNames: ["topic", "partition"],
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

  /** How busy the symbols of a partition are. */
  activity({ topic, partition }: TopicPartition, activity: SymbolActivity): void {
    const { symbols, quietSymbols, openWindows } = activity;
    this.#symbols.set({ topic, partition, activity: "quiet" }, quietSymbols);
    this.#symbols.set({ topic, partition, activity: "active" }, symbols - quietSymbols);
    this.#openWindows.set({ topic, partition }, openWindows);
  }

  /** A partition is no longer ours. */
  closed({ topic, partition }: TopicPartition): void {
    for (const activity of ["quiet", "active"]) {
      this.#symbols.remove({ topic, partition, activity });
    }
    this.#openWindows.remove({ topic, partition });
  }

  sinkWritten(rows: number, durationMs: number): void {
    this.#sinkRows.inc(rows);
    this.#sinkDuration.observe(durationMs / 1000);
  }
}
