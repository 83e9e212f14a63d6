import { type Dashboard, dashboard, stacked } from "./dashboard.ts";
import { prometheus } from "./data_sources.ts";
import { named, stat, timeseries } from "./panels.ts";

/** A line's name, with `{{label}}`, and the expression that gives it. */
type Lines = Readonly<Record<string, string>>;

/** How the pipeline does; the ids of panels are what the alert rules name. */
export const pipeline: Dashboard = dashboard({
  uid: "pipeline",
  title: "Pipeline",
  description:
    "How the pipeline does, from Prometheus; the metrics are described in docs/METRICS.md",
  range: "1h",
  panels: stacked([
    {
      height: 4,
      panels: [
        yesOrNo(
          1,
          "Feed connected",
          "max(feed_connected)",
          "Whether a producer has its connection.",
        ),
        yesOrNo(
          2,
          "Ready",
          "min(pipeline_ready)",
          "Whether every processor that can be asked answers /readyz with yes.",
        ),
        number(3, "Partitions running", 'sum(stream_task_state{state="running"})', {
          unit: "none",
          steps: [["red", null], ["green", 1]],
        }),
        number(4, "Lag", "sum(max by (topic, partition) (stream_lag_records))", {
          unit: "short",
          steps: [["green", null], ["orange", 1000], ["red", 10000]],
        }),
        number(
          5,
          "Since the last commit",
          "max(time() - max by (topic, partition) (stream_last_commit_timestamp_seconds))",
          {
            unit: "s",
            steps: [["green", null], ["orange", 15], ["red", 60]],
            description:
              "Age of the oldest last commit of a task; grows while there is nothing to commit as well.",
          },
        ),
        number(6, "Spool", "max(spool_bytes / spool_limit_bytes)", {
          unit: "percentunit",
          steps: [["green", null], ["orange", 0.25], ["red", 0.5]],
          description: "How full the fullest spool is.",
        }),
      ],
    },
    {
      group: { id: 7, title: "Throughput" },
      height: 8,
      panels: [
        lines(8, "Trades per second, in and out", "cps", {
          "in: sent to the log": perSecond("sum", "ingest_trades_total"),
          "out: aggregated": perSecond("sum", 'stream_items_total{outcome="aggregated"}'),
          "rows written": perSecond("sum", "sink_rows_total"),
        }),
        lines(9, "Lag per partition", "short", {
          "{{topic}}-{{partition}}": "max by (topic, partition) (stream_lag_records)",
        }, "Records between the last commit and the end of the input."),
      ],
    },
    {
      height: 8,
      panels: [
        lines(10, "Frames per second by kind", "cps", {
          "{{kind}}": perSecond("sum by (kind)", "feed_frames_total"),
        }),
        lines(11, "Symbols by activity", "short", {
          "{{activity}}": "sum by (activity) (market_symbols)",
          "open windows": "sum(market_open_windows)",
        }),
      ],
    },
    {
      group: { id: 12, title: "Commits, sink, restore" },
      height: 8,
      panels: [
        lines(
          13,
          "Commit time",
          "s",
          quantiles("stream_commit_duration_seconds"),
          "Sink, transaction and local store together.",
        ),
        lines(
          14,
          "Sink latency",
          "s",
          quantiles("sink_write_duration_seconds"),
          "Writing one commit's rows.",
        ),
        lines(
          15,
          "From receipt to the log",
          "s",
          quantiles("ingest_delivery_duration_seconds"),
          "From the receipt of a batch's oldest frame to its acknowledgement.",
        ),
      ],
    },
    {
      height: 8,
      panels: [
        lines(
          16,
          "Restore progress",
          "percentunit",
          { "{{topic}}-{{partition}}": restored() },
          "Part of the changelog that a restore has read; a task that restored nothing has no line.",
          { max: 1 },
        ),
        lines(
          30,
          "Standby lag",
          "short",
          { "{{topic}}-{{partition}}": "max by (topic, partition) (stream_standby_lag_records)" },
          "Changelog offsets between the copies of other instances' state and the end.",
        ),
        lines(
          17,
          "Tasks by state",
          "short",
          {
            "{{state}}": "sum by (state) (stream_task_state)",
          },
          undefined,
          { custom: { fillOpacity: 40, stacking: { mode: "normal", group: "A" } } },
        ),
        lines(18, "Failures per minute", "short", {
          "tasks: {{code}}": perMinute("sum by (code)", "stream_task_failures_total"),
          "appends: {{code}}": perMinute("sum by (code)", "ingest_append_failures_total"),
          "lost connections": perMinute("sum", "feed_reconnects_total"),
        }, "What failed and was or will be tried again."),
      ],
    },
    {
      group: { id: 19, title: "Late, dead letters, duplicates" },
      height: 8,
      panels: [
        lines(20, "Late and duplicates", "short", {
          "{{outcome}}": more("outcome", 'stream_items_total{outcome=~"late|duplicate"}'),
          "sent to their key's partition":
            "sum(increase(stream_items_rekeyed_total[$__rate_interval]))",
        }),
        lines(21, "Dead letters by cause", "short", {
          "before the log: {{cause}}": more("cause", "ingest_dead_letters_total"),
          "in the log: {{cause}}": more("cause", "stream_dead_letters_total"),
        }),
      ],
    },
    {
      group: { id: 22, title: "Spool" },
      height: 8,
      panels: [
        lines(23, "Spool depth", "bytes", {
          "{{instance}}": "sum by (instance) (spool_bytes)",
          "half of {{instance}}": "max by (instance) (spool_limit_bytes) / 2",
        }),
        lines(24, "Frames that wait", "short", {
          "{{instance}}": "sum by (instance) (spool_frames)",
          "given up by {{instance}}": more("instance", "spool_dropped_frames_total"),
        }),
        lines(25, "Age of the oldest frame", "s", {
          "{{instance}}":
            "max by (instance) (time() - (spool_oldest_timestamp_seconds > 0)) or max by (instance) (0 * spool_oldest_timestamp_seconds)",
        }, "0 while nothing waits."),
      ],
    },
    {
      group: { id: 26, title: "Processes" },
      height: 8,
      panels: [
        lines(27, "Memory", "bytes", {
          "{{job}} {{instance}}: resident": "process_resident_memory_bytes",
          "{{job}} {{instance}}: heap": "process_heap_bytes",
          "{{job}} {{instance}}: buffers": "process_external_memory_bytes",
        }),
        lines(28, "Processor time", "percentunit", {
          "{{job}} {{instance}}": "rate(process_cpu_seconds_total[$__rate_interval])",
        }, "Share of one core."),
        lines(29, "Answers per second", "short", {
          "{{status}}": perSecond("sum by (status)", "http_requests_total"),
          "live followers": "sum(http_stream_clients)",
        }),
      ],
    },
  ]),
});

/** Nothing is "no": a program that cannot be asked is neither connected nor ready. */
function yesOrNo(id: number, title: string, expr: string, description: string) {
  const text = { 0: { text: "no", index: 0 }, 1: { text: "yes", index: 1 } };
  return stat({
    id,
    title,
    description,
    steps: [["red", null], ["green", 1]],
    field: { mappings: [{ type: "value", options: text }] },
    targets: named([prometheus.instant(`${expr} or vector(0)`)]),
  });
}

function number(
  id: number,
  title: string,
  expr: string,
  { unit, steps, description }: {
    readonly unit: string;
    readonly steps: Parameters<typeof stat>[0]["steps"];
    readonly description?: string;
  },
) {
  return stat({
    id,
    title,
    description,
    steps,
    field: { unit },
    targets: named([prometheus.instant(expr)]),
  });
}

function lines(
  id: number,
  title: string,
  unit: string,
  expressions: Lines,
  description?: string,
  { custom = {}, ...bounds }: { readonly max?: number; readonly custom?: Record<string, unknown> } =
    {},
) {
  return timeseries({
    id,
    title,
    description,
    field: { unit, min: 0, ...bounds },
    custom,
    targets: named(
      Object.entries(expressions).map(([legend, expr]) => prometheus.range(expr, legend)),
    ),
  });
}

function perSecond(aggregation: string, series: string): string {
  return `${aggregation}${gap(aggregation)}(rate(${series}[$__rate_interval]))`;
}

function perMinute(aggregation: string, series: string): string {
  return `${perSecond(aggregation, series)} * 60`;
}

function gap(aggregation: string): string {
  return aggregation.includes(" by ") ? " " : "";
}

function more(label: string, series: string): string {
  return `sum by (${label}) (increase(${series}[$__rate_interval]))`;
}

function quantiles(histogram: string): Lines {
  const buckets = `sum by (le) (rate(${histogram}_bucket[$__rate_interval]))`;
  return Object.fromEntries(
    [0.5, 0.95, 0.99].map((q) => [`p${q * 100}`, `histogram_quantile(${q}, ${buckets})`]),
  );
}

function restored(): string {
  const [read, left] = ["stream_restored_records", "stream_restore_remaining_records"]
    .map((series) => `max by (topic, partition) (${series})`);
  return `${read} / (${read} + ${left} > 0)`;
}
