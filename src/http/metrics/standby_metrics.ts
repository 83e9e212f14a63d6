import { Gauge, type Registry } from "prom-client";
import type { LiveView } from "../ports.ts";

type Place = "topic" | "partition";

/** What the engine knows about its standbys, taken from the view at each request. */
export class StandbyMetrics {
  readonly #up: Gauge<Place>;
  readonly #lag: Gauge<Place>;

  constructor(registry: Registry) {
    const labelNames: Place[] = ["topic", "partition"];
    const registers = [registry];
    this.#up = new Gauge({
      name: "stream_standby_up",
      help: "1 while the standby of the partition follows its changelog, else 0.",
      labelNames,
      registers,
    });
    this.#lag = new Gauge({
      name: "stream_standby_lag_records",
      help: "Changelog offsets between the standby's store and the end.",
      labelNames,
      registers,
    });
  }

  /** Takes the figures of now; a standby that is gone leaves no series behind. */
  update(view: LiveView): void {
    this.#up.reset();
    this.#lag.reset();
    for (const { topic, partition, state, remainingOffsets } of view.standbys()) {
      this.#up.set({ topic, partition }, state === "following" ? 1 : 0);
      if (remainingOffsets !== undefined) this.#lag.set({ topic, partition }, remainingOffsets);
    }
  }
}
