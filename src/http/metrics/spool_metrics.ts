import { Counter, Gauge, type Registry } from "prom-client";

/** How much may wait for the log. */
export interface SpoolBounds {
  readonly bytesMax: number;
  /** `Infinity` for no bound. */
  readonly ageMsMax: number;
}

/** Numbers of what waits between the feed and the log. */
export class SpoolMetrics {
  readonly #frames: Gauge;
  readonly #bytes: Gauge;
  readonly #oldest: Gauge;
  readonly #bytesMax: Gauge;
  readonly #ageMax: Gauge;
  readonly #dropped: Counter;

  constructor(registry: Registry) {
    const gauge = (name: string, help: string) => new Gauge({ name, help, registers: [registry] });
    this.#frames = gauge("spool_frames", "Received frames that wait for the log.");
    this.#bytes = gauge("spool_bytes", "Size in bytes of the frames that wait for the log.");
    this.#oldest = gauge(
      "spool_oldest_timestamp_seconds",
      "When the oldest frame that waits was received, Unix time; 0 when none waits.",
    );
    this.#bytesMax = gauge("spool_limit_bytes", "Size in bytes at which the spool is full.");
    this.#ageMax = gauge(
      "spool_limit_seconds",
      "Age of the oldest frame at which the spool is full; +Inf when age is not limited.",
    );
    this.#dropped = new Counter({
      name: "spool_dropped_frames_total",
      help: "Frames dropped from a full spool to make room for newer ones.",
      registers: [registry],
    });
  }

  /** Where the spool is full; set once. */
  bounds({ bytesMax, ageMsMax }: SpoolBounds): void {
    this.#bytesMax.set(bytesMax);
    this.#ageMax.set(ageMsMax / 1000);
  }

  /** What waits for the log; a time is epoch ms. */
  depth(depth: {
    readonly frames: number;
    readonly bytes: number;
    readonly oldestReceivedAtMs: number | undefined;
  }): void {
    this.#frames.set(depth.frames);
    this.#bytes.set(depth.bytes);
    this.#oldest.set((depth.oldestReceivedAtMs ?? 0) / 1000);
  }

  /** Frames that the full spool gave up. */
  dropped(frames: number): void {
    this.#dropped.inc(frames);
  }
}
