import { AggregatorRegistry, type MetricObject, Registry } from "prom-client";
import { HttpMetrics } from "./http_metrics.ts";
import { IngestMetrics } from "./ingest_metrics.ts";
import type { LiveView } from "../ports.ts";
import { HeapMetrics, ProcessMetrics } from "./process_metrics.ts";
import { StandbyMetrics } from "./standby_metrics.ts";
import { StreamMetrics } from "./stream_metrics.ts";
import { TaskMetrics } from "./task_metrics.ts";

/**
 * The program's numbers in Prometheus' text form.
 *
 * Counters and histograms are fed where things happen, through `ingest`, `stream` and `http`;
 * what the engine knows anyway is read from the view at a request. A part that the program
 * does not have (no feed in `process`) is never touched, and then its metrics do not appear.
 */
export class Metrics {
  readonly #registry = new Registry();
  readonly #process = new ProcessMetrics(this.#registry);
  readonly http: HttpMetrics = new HttpMetrics(this.#registry);
  #tasks: TaskMetrics | undefined;
  #standbys: StandbyMetrics | undefined;
  #ingest: IngestMetrics | undefined;
  #stream: StreamMetrics | undefined;
  #ofThreads: () => Promise<readonly ThreadFigures[]> = () => Promise.resolve([]);

  /** Numbers of the way from the feed to the log. */
  get ingest(): IngestMetrics {
    return this.#ingest ??= new IngestMetrics(this.#registry);
  }

  /** Numbers of the way from the log to the sink. */
  get stream(): StreamMetrics {
    return this.#stream ??= new StreamMetrics(this.#registry);
  }

  /** Adds the figures of other threads, which `render` asks for each time. */
  addThreads(figures: () => Promise<readonly ThreadFigures[]>): void {
    this.#ofThreads = figures;
  }

  /** Media type of what `render` returns. */
  get contentType(): string {
    return this.#registry.contentType;
  }

  /** All metrics as of now; without a view in a program that has no tasks. */
  async render(view?: LiveView): Promise<string> {
    this.#process.update();
    if (view !== undefined) {
      this.#tasks ??= new TaskMetrics(this.#registry);
      this.#tasks.update(view);
      this.#standbys ??= new StandbyMetrics(this.#registry);
      this.#standbys.update(view);
    }
    const ofThreads = await this.#ofThreads();
    if (ofThreads.length === 0) return await this.#registry.metrics();
    const all = [await this.#registry.getMetricsAsJSON(), ...ofThreads];
    return await AggregatorRegistry.aggregate(all as MetricObject[][]).metrics();
  }
}

/** What a thread counts, as it goes to the one that answers. */
export type ThreadFigures = readonly object[];

/** The numbers of a thread that processes; the one that answers adds those of all threads up. */
export class ThreadMetrics {
  readonly #registry = new Registry();
  readonly #heap = new HeapMetrics(this.#registry);
  readonly stream: StreamMetrics = new StreamMetrics(this.#registry);

  /** All of them as of now. */
  async figures(): Promise<ThreadFigures> {
    this.#heap.update();
    return await this.#registry.getMetricsAsJSON();
  }
}
