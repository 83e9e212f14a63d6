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
  readonly #spoolFrames: Gauge;
  readonly #spoolBytes: Gauge;
  readonly #spoolOldest: Gauge;
  readonly #spoolDropped: Counter;

  constructor(registry: Registry) {
    const registers = [registry];
    this.#frames = new Counter({
      name: "feed_frames_total",
      help: "Frames received and sent to the log, by kind: trades, ping, error, malformed.",
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
      help: "Trades in these frames.",
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
    this.#spoolFrames = new Gauge({
      name: "spool_frames",
      help: "Frames that were received and wait for the log.",
      registers,
    });
    this.#spoolBytes = new Gauge({
      name: "spool_bytes",
      help: "Their size in bytes.",
      registers,
    });
    this.#spoolOldest = new Gauge({
      name: "spool_oldest_timestamp_seconds",
      help: "When the oldest of them was received, Unix time; 0 when none waits.",
      registers,
    });
    this.#spoolDropped = new Counter({
      name: "spool_dropped_frames_total",
      help: "Frames that a full spool gave up for newer ones.",
      registers,
    });
  }

  /** The log has what became of a frame. */
  frameSent(kind: FrameKind, trades: number): void {
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

  /** What waits for the log; a time is epoch ms. */
  spoolDepth(depth: {
    readonly frames: number;
    readonly bytes: number;
    readonly oldestReceivedAtMs: number | undefined;
  }): void {
    this.#spoolFrames.set(depth.frames);
    this.#spoolBytes.set(depth.bytes);
    this.#spoolOldest.set((depth.oldestReceivedAtMs ?? 0) / 1000);
  }

  /** Frames that the full spool gave up. */
  spoolDropped(frames: number): void {
    this.#spoolDropped.inc(frames);
  }
}
