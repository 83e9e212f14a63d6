/**
 * Grafana's queries over what the pipeline really writes and shows: the programs run as processes
 * over real services, and each statement is sent as the browser and the plugin would send it.
 */
import assert from "node:assert/strict";
import { resolutions } from "../../src/market/resolutions.ts";
import type { MetricFamily } from "../support/exposition.ts";
import { PluginLikeClient, type QueryOutcome } from "../support/grafana/cassandra.ts";
import {
  allTargets,
  dashboards,
  type Panel,
  variableQueries,
} from "../support/grafana/dashboards.ts";
import {
  type Chosen,
  configuratorQuery,
  expandExpression,
  expandStatement,
  type TimeRange,
} from "../support/grafana/expand.ts";
import { selectorsOf } from "../support/grafana/promql.ts";
import { alertExpressions } from "../support/grafana/provisioning.ts";
import { scrape, scrapeFaults } from "../support/grafana/scrape.ts";
import { type MarketRun, marketRun } from "../support/market_run.ts";
import { type MeteredProgram, metricOfSeries } from "../support/metric_table.ts";
import { Program } from "../support/program.ts";
import { recordingStartMs, writeRecording } from "../support/recordings.ts";

/** About six minutes of the recorded market. */
const frames = 2_000;
const waitMsMax = 120_000;

/** What the dashboard shows: the time of the recorded trades. */
const recorded: TimeRange = { fromMs: recordingStartMs - 60_000, toMs: recordingStartMs + 900_000 };

/** Time for each point of a panel at which it shows the shortest candles, ms. */
const stepMs = 1_000;

/** Panels that draw over time. */
const overTime = ["timeseries", "candlestick"];

/** Metrics that only what this run does not do, or not so soon, makes appear. */
const absentForNow = ["market_symbols", "market_open_windows", "stream_standby_lag_records"];

Deno.test("Every query of Grafana finds what the pipeline writes and shows", async (t) => {
  await using run = await marketRun((folder) =>
    writeRecording(`${folder}/frames.jsonl`, { frames, seed: 11 })
  );
  const receivedFromMs = Date.now();
  const [shown, ofStart] = await Promise.all([runPipeline(run), startShows(run)]);
  await using client = await clientOf(run);
  const symbols = await client.values("SELECT DISTINCT symbol FROM trades");

  await t.step("variables list every symbol", async () => {
    const queries = Object.values(dashboards).flatMap((each) => [...variableQueries(each)]);
    assert.ok(queries.length >= 2);
    for (const [name, query] of queries) {
      const found = await client.values(query);
      assert.deepEqual(found.toSorted(), run.recording.symbols.toSorted(), name);
    }
  });

  const panels = Object.values(dashboards).flatMap((each) => each.panels)
    .filter(({ targets = [] }) => targets.some(({ target }) => target !== undefined));
  await t.step("one statement of each panel gives rows, from few partitions", async () => {
    assert.equal(panels.length, 9);
    const chosen = { symbol: ["AAPL"], compare: symbols, __interval_ms: [String(stepMs)] };
    for (const panel of panels) await assertShows(client, panel, chosen);
  });

  await t.step("candles of every length are found at the steps they are for", async () => {
    const candles = panels.filter(({ type }) => type === "candlestick");
    assert.equal(candles.length, 1);
    for (const [name, sizeMs] of resolutions) {
      const chosen = { symbol: ["AAPL"], __interval_ms: [String(sizeMs / 2)] };
      for (const panel of candles) {
        assert.equal(await assertShows(client, panel, chosen, rangeAround(sizeMs)), name);
      }
    }
  });

  await t.step("a scan, a type and a null that must not be are noticed", () => assertWatch(client));

  const received = { fromMs: receivedFromMs, toMs: Date.now() };
  await t.step(
    "the original's panel settings work unchanged",
    () => assertOriginalSettings(client, run.pipeline.keyspace, received),
  );
  await t.step("the ancestor's statements work unchanged", () => assertAncestor(client));
  await t.step(
    "programs show the metrics that are documented",
    () => assertDocumented([...shown, ofStart]),
  );
  await t.step("expressions choose series that the programs show", () => assertChosen(shown));
});

/** What a program showed. */
interface Shown {
  readonly program: MeteredProgram;
  readonly families: readonly MetricFamily[];
}

/** Runs everything once, with a restore, and asks for the metrics. */
async function runPipeline({ pipeline, recording, folder }: MarketRun): Promise<Shown[]> {
  await pipeline.provision();
  const processor = pipeline.startProcess();
  const producer = await pipeline.produce();
  await pipeline.committed(recording.trades, waitMsMax);
  const shown = [
    await shownBy("produce", (await producer.line("Producing"))["metrics"]),
    await shownBy("process", (await processor.line("Processing"))["page"]),
  ];
  await pipeline.process?.stop();
  await Deno.remove(`${folder}/state`, { recursive: true });
  const restored = pipeline.startProcess();
  await pipeline.committed(recording.trades, waitMsMax);
  return [...shown, await shownBy("process", (await restored.line("Processing"))["page"])];
}

async function shownBy(program: MeteredProgram, url: unknown): Promise<Shown> {
  return { program, families: await scrape(String(url)) };
}

async function startShows({ folder }: MarketRun): Promise<Shown> {
  await using start = new Program("start", {
    args: ["--data", `${folder}/start`],
    env: { HTTP_PORT: "0" },
  });
  const { message } = await start.line("Running on a SIMULATED market");
  return await shownBy("start", /page +(\S+)/.exec(message)?.[1]);
}

function clientOf({ services, pipeline }: MarketRun): Promise<PluginLikeClient> {
  return PluginLikeClient.connect({
    host: services.cassandraHost,
    port: services.cassandraPort,
    datacenter: services.cassandraDatacenter,
    keyspace: pipeline.keyspace,
  });
}

/** @returns The name of the query that has rows. */
async function assertShows(
  client: PluginLikeClient,
  panel: Panel,
  chosen: Chosen,
  range: TimeRange = recorded,
): Promise<string> {
  const found: string[] = [];
  for (const { refId, target = "" } of panel.targets ?? []) {
    const outcome = await client.run(expandStatement(target, chosen, range));
    const place = `${panel.title}, ${refId}, of ${chosen["symbol"]}`;
    if (outcome.rows === 0) {
      assert.equal(outcome.partitions, 0, `${place}: reads without a need`);
      continue;
    }
    const ofSymbols = target.includes("{compare:") ? chosen["compare"]?.length ?? 0 : 1;
    assertBounded(outcome, place, ofSymbols * Math.max(1, target.split("to_date(").length - 1));
    assertDrawable(panel, outcome);
    found.push(refId);
  }
  assert.equal(found.length, 1, `${panel.title}: ${found}`);
  return String(found);
}

function assertBounded(outcome: QueryOutcome, place: string, partitionsMax = 8): void {
  assert.deepEqual(outcome.faults, [], place);
  assert.ok(outcome.rows > 0, `${place}: no rows`);
  assert.equal(outcome.scans, 0, `${place}: reads more than partitions`);
  const { partitions } = outcome;
  assert.ok(partitions > 0 && partitions <= partitionsMax, `${place}: ${partitions} partitions`);
}

/** Fields that the panel and its transformations name must be there, and a time where it needs one. */
function assertDrawable(panel: Panel, { numbers, times }: QueryOutcome): void {
  assert.ok(numbers.length > 0, `${panel.title}: nothing to draw`);
  if (overTime.includes(panel.type)) assert.equal(times.length, 1, `${panel.title}: one time`);
  const settings = JSON.stringify([panel.transformations ?? []]);
  for (const [, field = ""] of settings.matchAll(/"field(?:Name)?":"(\w+)"/g)) {
    assert.ok([...numbers, ...times].includes(field), `${panel.title}: no field ${field}`);
  }
}

/** The measure itself: what must not be in a panel is seen where it is. */
async function assertWatch(client: PluginLikeClient): Promise<void> {
  const scan = await client.run("SELECT symbol, price, trade_timestamp FROM trades LIMIT 5");
  assert.ok(scan.scans > 0 && scan.partitions === 0);
  const ofAapl = (column: string) => `SELECT symbol, ${column} FROM trades WHERE symbol = 'AAPL'`;
  const wrongType = await client.run(ofAapl("cast(price AS decimal) AS price"));
  assert.match(wrongType.faults.join(), /decimal/);
  const averages = await client.run(
    "SELECT max(vwap), symbol FROM running_averages_15_sec WHERE symbol = 'nobody'",
  );
  assert.match(averages.faults.join(), /names no series.*nulls/);
}

/** Two candles to each side: over the end of a year for days. */
function rangeAround(sizeMs: number): TimeRange {
  const marginMs = 2 * sizeMs;
  return { fromMs: recordingStartMs - marginMs, toMs: recordingStartMs + marginMs };
}

/** The query form as the original's panel has it, and other uses of the form. */
async function assertOriginalSettings(
  client: PluginLikeClient,
  keyspace: string,
  received: TimeRange,
): Promise<void> {
  const original = {
    keyspace,
    table: "trades",
    columnTime: "ingest_timestamp",
    columnValue: "price",
    columnId: "symbol",
    valueId: "BINANCE:BTCUSDT",
    filtering: true,
  };
  const byTradeTime = { ...original, columnTime: "trade_timestamp", filtering: false };
  const averages = {
    ...byTradeTime,
    table: "running_averages_15_sec",
    columnTime: "window_start",
    columnValue: "price_volume_multiply",
  };
  const forms = [
    { settings: original, range: received },
    { settings: { ...original, columnValue: "volume", instant: true }, range: received },
    { settings: byTradeTime, range: recorded },
    { settings: { ...byTradeTime, valueId: "AAPL, BINANCE:BTCUSDT" }, range: recorded },
    { settings: averages, range: recorded },
  ];
  for (const { settings, range } of forms) {
    const { statement, values } = configuratorQuery(settings, range);
    assertBounded(await client.run(statement, values), statement);
  }
}

/** Statements in the form that the ancestor's dashboard has. */
async function assertAncestor(client: PluginLikeClient): Promise<void> {
  const ofTrades = (column: string) =>
    `select symbol, ${column}, trade_timestamp from trades where symbol = 'BINANCE:BTCUSDT' ` +
    "and trade_timestamp>$__timeFrom and trade_timestamp<$__timeTo;\n\n";
  const averages = "select symbol, price_volume_multiply, ingest_timestamp " +
    "from running_averages_15_sec where symbol='BINANCE:BTCUSDT';";
  for (const statement of [ofTrades("price"), ofTrades("volume"), averages]) {
    assertBounded(await client.run(expandStatement(statement, {}, recorded)), statement);
  }
}

function assertDocumented(shown: readonly Shown[]): void {
  for (const { program, families } of shown) {
    assert.deepEqual(scrapeFaults(program, families), [], program);
  }
}

/** Errors have not happened in this run, so their codes are nowhere yet. */
function assertChosen(shown: readonly Shown[]): void {
  const samples = shown.filter(({ program }) => program !== "start")
    .flatMap(({ families }) => families).flatMap(({ samples }) => samples);
  const series = new Set(samples.map(({ name }) => name));
  const expressions = [...allTargets, ...alertExpressions]
    .flatMap(({ expr, place }) =>
      expr === undefined ? [] : { place, expr: expandExpression(expr) }
    );
  assert.ok(expressions.length > 40);
  for (const { place, expr } of expressions) {
    for (const { series: name } of selectorsOf(expr)) {
      const ofErrors = metricOfSeries(name)?.labels.includes("code") ?? false;
      if (ofErrors || absentForNow.includes(name)) continue;
      assert.ok(series.has(name), `${place}: no series ${name}`);
    }
  }
}
