import { Counter, Gauge, Histogram, type Registry } from "prom-client";
import type { ErrorCode } from "../base/errors.ts";
import type { DeadLetterCause } from "../streams/side_output.ts";
import { durationBuckets } from "./buckets.ts";

/** What a frame turned out to be. */
export type FrameKind = "trades" | "ping" | "error" | "malformed";

/** Numbers of the way from the feed to the log; each method is told of one event. */
export class IngestMetrics {
  readonly #frames: Counter<"kind">;
  readonly #reconnects: Counter;
  readonly #connected: Gauge;
  readonly #trades: Counter;
  readonly #records: Counter;
  readonly #duration: Histogram;
  readonly #failures: Counter<"code">;
  readonly #deadLetters: Counter<"cause">;
  readonly #queue: Gauge;

  constructor(registry: Registry) {
    const registers = [registry];
    this.#frames = new Counter({
      name: "feed_frames_total",
      help: "Frames received from the feed, by kind: trades, ping, error, malformed.",
      labelNames: ["kind"],
      registers,
    });
    this.#reconnects = new Counter({
      name: "feed_reconnects_total",
      help: "Times the connection to the feed was lost and sought again.",
      registers,
    });
    this.#connected = new Gauge({
      name: "feed_connected",
      help: "1 while the feed is connected, else 0.",
      registers,
    });
    this.#trades = new Counter({
      name: "ingest_trades_total",
      help: "Trades in the frames received.",
      registers,
    });
    this.#records = new Counter({
      name: "ingest_records_total",
      help: "Records that the log acknowledged.",
      registers,
    });
    this.#duration = new Histogram({
      name: "ingest_append_duration_seconds",
      help: "Time from handing a batch to the log to its acknowledgement.",
      buckets: durationBuckets,
      registers,
    });
    this.#failures = new Counter({
      name: "ingest_append_failures_total",
      help: "Appends that failed and were or will be repeated, by error code.",
      labelNames: ["code"],
      registers,
    });
    this.#deadLetters = new Counter({
      name: "ingest_dead_letters_total",
      help: "Frames and trades refused before the log, by cause.",
      labelNames: ["cause"],
      registers,
    });
    this.#queue = new Gauge({
      name: "ingest_queue_items",
      help: "Items that wait between the feed and the log.",
      registers,
    });
  }

  frameReceived(kind: FrameKind, trades: number): void {
    this.#frames.inc({ kind });
    this.#trades.inc(trades);
  }

  feedConnected(): void {
    this.#connected.set(1);
  }

  /** The connection is gone; another try follows. */
  feedLost(): void {
    this.#connected.set(0);
    this.#reconnects.inc();
  }

  appended(records: number, durationMs: number): void {
    this.#records.inc(records);
    this.#duration.observe(durationMs / 1000);
  }

  appendFailed(code: ErrorCode): void {
    this.#failures.inc({ code });
  }

  deadLetter(cause: DeadLetterCause): void {
    this.#deadLetters.inc({ cause });
  }

  queueDepth(items: number): void {
    this.#queue.set(items);
  }
}
