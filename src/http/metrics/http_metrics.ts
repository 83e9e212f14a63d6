import { Counter, Gauge, Histogram, type Registry } from "prom-client";
import { durationBuckets } from "./buckets.ts";

/** Numbers of the HTTP surface itself. */
export class HttpMetrics {
  readonly #registry: Registry;
  readonly #requests: Counter<"route" | "status">;
  readonly #duration: Histogram<"route">;

  constructor(registry: Registry) {
    this.#registry = registry;
    const registers = [registry];
    this.#requests = new Counter({
      name: "http_requests_total",
      help: "Requests answered, by route pattern and status.",
      labelNames: ["route", "status"],
      registers,
    });
    this.#duration = new Histogram({
      name: "http_request_duration_seconds",
      help: "Time until an answer began, by route pattern.",
      labelNames: ["route"],
      buckets: durationBuckets,
      registers,
    });
  }

  /** A request was answered; `route` is a pattern, never a path, so that series stay few. */
  answered(route: string, status: number, durationMs: number): void {
    this.#requests.inc({ route, status });
    this.#duration.observe({ route }, durationMs / 1000);
  }

  /** Says where to learn how many clients follow the live stream. Called once. */
  countClients(count: () => number): void {
    new Gauge({
      name: "http_stream_clients",
      help: "Clients that follow the live stream now.",
      registers: [this.#registry],
      collect() {
        this.set(count());
      },
    });
  }
}
