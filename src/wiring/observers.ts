import type { Clock } from "../base/clock.ts";
import { PipelineError } from "../base/errors.ts";
import { type FeedObserver, noFeedObserver } from "../feed/feed_observer.ts";
import type { IngestMetrics } from "../http/metrics/ingest_metrics.ts";
import type { StreamMetrics } from "../http/metrics/stream_metrics.ts";
import type { IngestObserver } from "../ingest/observer.ts";
import type { MarketRow } from "../market/rows.ts";
import type { Sink } from "../streams/ports.ts";
import { type DeadLetterCause, deadLetterCauseOf } from "../streams/side_output.ts";
import type { TaskListener } from "../streams/task/task_listener.ts";

/** A sink whose writes are counted and timed. */
export function meteredSink<Row>(
  sink: Sink<Row>,
  metrics: Pick<StreamMetrics, "sinkWritten">,
  clock: Clock,
): Sink<Row> {
  return {
    async write(rows) {
      const startedMs = clock.monotonicMs();
      await sink.write(rows);
      metrics.sinkWritten(rows.length, clock.monotonicMs() - startedMs);
    },
  };
}

/** Counts what tasks do. */
export function taskMetricsListener(metrics: StreamMetrics): TaskListener<MarketRow> {
  return {
    opened() {},
    fetched: (_input, records) => metrics.recordsRead(records),
    committed(_input, { durationMs, sideOutputs }) {
      metrics.committed(durationMs);
      for (const record of sideOutputs) {
        const cause: DeadLetterCause | undefined = deadLetterCauseOf(record);
        if (cause !== undefined) metrics.deadLetter(cause);
      }
    },
    failed(_input, error) {
      if (error instanceof PipelineError) metrics.taskFailed(error.code);
    },
    closed: (input) => metrics.closed(input),
  };
}

/** Counts what the ingest does. */
export function ingestMetricsObserver(metrics: IngestMetrics): IngestObserver {
  return {
    frameSent: (kind, tradeCount) => metrics.frameSent(kind, tradeCount),
    deadLettered: ({ cause }) => metrics.deadLetter(cause),
    recordsAppended: ({ records, ...times }) => metrics.appended(records, times),
    appendFailed(error) {
      if (error instanceof PipelineError) metrics.appendFailed(error.code);
    },
    spoolChanged: (depth) => metrics.spool.depth(depth),
  };
}

/** Counts what the connection to the feed does. */
export function feedMetricsObserver(metrics: IngestMetrics): FeedObserver {
  return {
    ...noFeedObserver,
    connected: () => metrics.feedConnected(),
    disconnected: () => metrics.feedLost(),
  };
}
