import assert from "node:assert/strict";
import { Metrics, ThreadMetrics } from "../../../../src/http/metrics/metrics.ts";
import { FakeLiveView, fakeTask } from "../../../support/fake_live_view.ts";
import { surface } from "../harness.ts";

/** Samples of a text exposition by name and labels; throws on a line that is not one. */
function parseSamples(text: string): Map<string, number> {
  const samples = new Map<string, number>();
  for (const line of text.split("\n")) {
    if (line === "" || line.startsWith("# HELP ") || line.startsWith("# TYPE ")) continue;
    const match = /^([a-z_]+(?:\{(?:[a-z]+="(?:[^"\\]|\\.)*",?)*\})?) (\S+)$/.exec(line);
    assert(match, `not a sample: ${line}`);
    samples.set(String(match[1]), Number(match[2]));
  }
  return samples;
}

Deno.test("/metrics answers Prometheus text whose every line is a sample or a comment", async () => {
  const { ask, context } = surface();
  context.metrics.ingest.frameSent("trades", 3);
  context.metrics.stream.committed(12);
  await (await ask("/api/symbols")).text();
  const response = await ask("/metrics");
  assert.match(response.headers.get("content-type") ?? "", /^text\/plain; version=0\.0\.4/);
  const samples = parseSamples(await response.text());
  for (const [name, value] of samples) assert(Number.isFinite(value), name);
  assert.equal(samples.get(`http_requests_total{route="/api/symbols",status="200"}`), 1);
  assert.equal(samples.get("stream_commit_duration_seconds_sum"), 0.012);
  assert.equal(
    samples.get(`pipeline_info{application="market",topic="trade1",feed="simulated"}`),
    1,
  );
});

Deno.test("Metrics names carry a unit or say what they count", async () => {
  const metrics = new Metrics();
  void metrics.ingest;
  void metrics.stream;
  const text = await metrics.render(new FakeLiveView());
  const types = [...text.matchAll(/^# TYPE (\S+) (\S+)$/gm)].map(([, name, type]) => ({
    name,
    type,
  }));
  assert(types.length > 25);
  for (const { name, type } of types) {
    assert.match(String(name), /^[a-z]+(_[a-z]+)+$/);
    assert.equal(type === "counter", String(name).endsWith("_total"), name);
    if (type === "histogram") assert.match(String(name), /_seconds$/);
  }
});

Deno.test("Metrics.render() reads the tasks each time: a task that is gone leaves no series", async () => {
  const metrics = new Metrics();
  const view = new FakeLiveView();
  const counts = { read: 10, aggregated: 6, late: 2, deadLetters: 1, duplicates: 1, rekeyed: 0 };
  view.statuses = [
    fakeTask({ counts, lagRecords: 7 }),
    fakeTask({ partition: 1, state: "failed" }),
  ];
  const before = parseSamples(await metrics.render(view));
  const place = `topic="trade1",partition="0"`;
  assert.equal(before.get(`stream_lag_records{${place}}`), 7);
  assert.equal(before.get(`stream_items_read_total{${place}}`), 10);
  assert.equal(before.get(`stream_items_total{${place},outcome="dead_letter"}`), 1);
  assert.equal(before.get(`stream_items_total{${place},outcome="late"}`), 2);
  assert.equal(before.get(`stream_task_state{topic="trade1",partition="1",state="failed"}`), 1);
  assert.equal(before.get(`stream_task_state{topic="trade1",partition="1",state="running"}`), 0);
  view.statuses = [fakeTask({ counts, lagRecords: undefined })];
  const after = parseSamples(await metrics.render(view));
  assert.equal(after.get(`stream_items_read_total{${place}}`), 10);
  assert(!after.has(`stream_lag_records{${place}}`));
  assert(![...after.keys()].some((name) => name.includes(`partition="1"`)));
});

Deno.test("Metrics of a part that the program does not have do not appear", async () => {
  const text = await new Metrics().render(new FakeLiveView());
  assert.doesNotMatch(text, /^feed_/m);
  assert.doesNotMatch(text, /^sink_/m);
});

Deno.test("IngestMetrics and StreamMetrics count what they are told", async () => {
  const metrics = new Metrics();
  metrics.ingest.feedConnected();
  metrics.ingest.feedLost();
  metrics.ingest.frameSent("trades", 5);
  metrics.ingest.appended(2, { durationMs: 3, ageMs: 250 });
  metrics.ingest.spool.bounds({ bytesMax: 1_000, ageMsMax: 60_000 });
  metrics.ingest.appendFailed("LOG_UNAVAILABLE");
  metrics.ingest.deadLetter("malformed");
  metrics.ingest.spool.depth({ frames: 9, bytes: 900, oldestReceivedAtMs: 5_000 });
  metrics.ingest.spool.dropped(4);
  metrics.stream.recordsRead(4);
  metrics.stream.taskFailed("SINK_UNAVAILABLE");
  metrics.stream.deadLetter("far-future");
  metrics.stream.sinkWritten(11, 20);
  const samples = parseSamples(await metrics.render(new FakeLiveView()));
  const expected = {
    "feed_connected": 0,
    "feed_reconnects_total": 1,
    "ingest_records_total": 2,
    "ingest_trades_total": 5,
    "ingest_append_duration_seconds_count": 1,
    "ingest_delivery_duration_seconds_sum": 0.25,
    "spool_limit_bytes": 1_000,
    "spool_limit_seconds": 60,
    'ingest_append_failures_total{code="LOG_UNAVAILABLE"}': 1,
    'ingest_dead_letters_total{cause="malformed"}': 1,
    "spool_frames": 9,
    "spool_bytes": 900,
    "spool_oldest_timestamp_seconds": 5,
    "spool_dropped_frames_total": 4,
    "stream_records_read_total": 4,
    'stream_task_failures_total{code="SINK_UNAVAILABLE"}': 1,
    'stream_dead_letters_total{cause="far-future"}': 1,
    "sink_rows_total": 11,
    "sink_write_duration_seconds_sum": 0.02,
  };
  for (const [name, value] of Object.entries(expected)) {
    assert.equal(samples.get(name), value, name);
  }
});

Deno.test("Symbol activity has series per partition, until the partition is gone", async () => {
  const metrics = new Metrics();
  const input = { topic: "trade1", partition: 0 };
  const view = new FakeLiveView();
  metrics.stream.activity(input, { symbols: 5, quietSymbols: 2, openWindows: 9 });
  const samples = parseSamples(await metrics.render(view));
  const labels = `topic="trade1",partition="0"`;
  assert.equal(samples.get(`market_symbols{${labels},activity="quiet"}`), 2);
  assert.equal(samples.get(`market_symbols{${labels},activity="active"}`), 3);
  assert.equal(samples.get(`market_open_windows{${labels}}`), 9);
  metrics.stream.closed(input);
  assert.doesNotMatch(await metrics.render(view), /^market_\w+\{/m);
});

Deno.test("Metrics adds up what threads count, and keeps apart what each partition has", async () => {
  const threads = [new ThreadMetrics(), new ThreadMetrics()];
  for (const [partition, { stream }] of threads.entries()) {
    stream.recordsRead(10 + partition);
    stream.committed(1_000);
    stream.activity({ topic: "trade1", partition }, {
      symbols: 3,
      quietSymbols: 1,
      openWindows: 2,
    });
  }
  const metrics = new Metrics();
  metrics.http.answered("/x", 200, 1);
  const alone = parseSamples(await metrics.render(new FakeLiveView()));
  metrics.addThreads(() => Promise.all(threads.map((thread) => thread.figures())));
  const samples = parseSamples(await metrics.render(new FakeLiveView()));
  assert.equal(samples.get("stream_records_read_total"), 21);
  assert.equal(samples.get("stream_commit_duration_seconds_count"), 2);
  assert.equal(samples.get("stream_commit_duration_seconds_sum"), 2);
  for (const partition of [0, 1]) {
    const labels = `{topic="trade1",partition="${partition}",activity="active"}`;
    assert.equal(samples.get(`market_symbols${labels}`), 2);
  }
  assert.equal(samples.get(`http_requests_total{route="/x",status="200"}`), 1);
  assert.equal(samples.get("pipeline_ready"), 1);
  assert.ok((samples.get("process_heap_bytes") ?? 0) > (alone.get("process_heap_bytes") ?? 0));
});
