import { Counter, Gauge, Histogram, type Registry } from "prom-client";
import type { ErrorCode } from "../../base/errors.ts";
import type { DeadLetterCause } from "../../streams/side_output.ts";
import { durationBuckets } from "./buckets.ts";
import { deadLetterCounter } from "./dead_letter_counter.ts";
import { SpoolMetrics } from "./spool_metrics.ts";

const frameKinds = ["trades", "ping", "error", "malformed"] as const;

/** What a frame turned out to be. */
export type FrameKind = typeof frameKinds[number];

/** How long an append took, ms. */
export interface AppendTimes {
  readonly durationMs: number;
  readonly ageMs: number;
}

/** Numbers of the way from the feed to the log; each method counts one event. */
export class IngestMetrics {
  readonly #frames: Counter<"kind">;
  readonly #reconnects: Counter;
  readonly #connected: Gauge;
  readonly #trades: Counter;
  readonly #records: Counter;
  readonly #duration: Histogram;
  readonly #delivery: Histogram;
  readonly #failures: Counter<"code">;
  readonly #deadLetters: Counter<"cause">;
  readonly spool: SpoolMetrics;

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
      help: "Times the connection to the feed was lost and reopened.",
      registers,
    });
    this.#connected = new Gauge({
      name: "feed_connected",
      help: "1 while the feed is connected, else 0.",
      registers,
    });
    this.#trades = new Counter({
      name: "ingest_trades_total",
      help: "Trades in the frames sent to the log.",
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
    this.#delivery = new Histogram({
      name: "ingest_delivery_duration_seconds",
      help: "Time from the receipt of a batch's oldest frame to its acknowledgement.",
      buckets: durationBuckets,
      registers,
    });
    this.#failures = new Counter({
      name: "ingest_append_failures_total",
      help: "Appends that failed and were or will be repeated, by error code.",
      labelNames: ["code"],
      registers,
    });
    this.#deadLetters = deadLetterCounter({
      name: "ingest_dead_letters_total",
      help: "Frames and trades refused before the log, by cause.",
    }, registry);
    this.spool = new SpoolMetrics(registry);
    for (const kind of frameKinds) this.#frames.inc({ kind }, 0);
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

  /** The log acknowledged a batch; `ageMs` since its oldest frame was received. */
  appended(records: number, { durationMs, ageMs }: AppendTimes): void {
    this.#records.inc(records);
    this.#duration.observe(durationMs / 1000);
    this.#delivery.observe(ageMs / 1000);
  }

  appendFailed(code: ErrorCode): void {
    this.#failures.inc({ code });
  }

  deadLetter(cause: DeadLetterCause): void {
    this.#deadLetters.inc({ cause });
  }
}
