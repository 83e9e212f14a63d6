/**
 * `docs/MIGRATION.md`, followed word by word from what the Python producer and the Spark job leave
 * behind: keyless records of several symbols, of which the topic has lost the oldest, and tables
 * with the old keys.
 */
import assert from "node:assert/strict";
import guide from "../../docs/MIGRATION.md" with { type: "text" };
import { type Random, seededRandom } from "../../src/base/random.ts";
import type { Trade } from "../../src/market/trade.ts";
import { dropKeyspace, rawClient } from "../support/cassandra_keyspace.ts";
import { type Answer, runTask } from "../support/guide.ts";
import { GuideRun, type Outcome } from "../support/guide_run.ts";
import { connectTestKafka, kafkaBrokers } from "../support/kafka_harness.ts";
import {
  meanOf,
  mixedRowCount,
  type OriginalFrame,
  originalFrames,
  originalPartitions,
  originalProducer,
  originalRows,
  originalTables,
} from "../support/original_pipeline.ts";
import { Program } from "../support/program.ts";
import { recompute } from "../support/recompute.ts";
import { realServices } from "../support/services.ts";

const ignore = kafkaBrokers().length === 0;
const seed = 11;
const hourMs = 3_600_000;
const dayMs = 24 * hourMs;
const catchUpMsMax = 120_000;
/** Trades of the feed that are waited for. */
const fedTrades = 20;

/** The symbol that the guide asks about. */
const asked = "BINANCE:BTCUSDT";
const symbols = [asked, "AAPL", "AMZN", "ETHBTC"];

const tradesOf = (frames: readonly OriginalFrame[]) => frames.flatMap(({ trades }) => trades);
const askedOf = (trades: readonly Trade[]) => trades.filter(({ symbol }) => symbol === asked);

/** Rows that a table with the old key has for these trades. */
const oldRowCount = (frames: readonly OriginalFrame[]) =>
  new Set(tradesOf(frames).map(({ symbol, eventTimeMs }) => `${symbol} ${eventTimeMs}`)).size;

function answers(outcomes: readonly Outcome[]): Answer[] {
  return outcomes.flatMap((outcome) => outcome.kind === "answer" ? [outcome.answer] : []);
}

/** The first value of each query's answer. */
function firstValues(outcomes: readonly Outcome[]): number[] {
  return outcomes.flatMap((outcome) =>
    outcome.kind === "rows" ? [Number(outcome.rows[0]?.values()[0])] : []
  );
}

/** What panels of the original ask, with the settings that the guide names. */
function grafanaQueries(keyspace: string): string[] {
  const among = `symbol IN ('${asked}')`;
  const within = (column: string) => `${column} > '2024-01-01' AND ${column} < '2100-01-01'`;
  const trades = `${keyspace}.trades WHERE ${among}`;
  const averages = `${keyspace}.running_averages_15_sec WHERE ${among}`;
  const received = `${within("ingest_timestamp")} ALLOW FILTERING`;
  return [
    `SELECT symbol, price, ingest_timestamp FROM ${trades} AND ${received}`,
    `SELECT symbol, price, trade_timestamp FROM ${trades} AND ${within("trade_timestamp")}`,
    `SELECT symbol, price_volume_multiply, ingest_timestamp FROM ${averages} AND ${received}`,
    `SELECT symbol, price_volume_multiply, window_start FROM ${averages} ` +
    `AND ${within("window_start")}`,
  ];
}

async function writeFrames(path: string, frames: readonly OriginalFrame[]): Promise<void> {
  const lines = frames.map(({ trades }) => {
    const data = trades.map(({ conditions, price, symbol, eventTimeMs, volume }) => ({
      c: conditions,
      p: price,
      s: symbol,
      t: eventTimeMs,
      v: volume,
    }));
    return `${JSON.stringify({ data, type: "trade" })}\n`;
  });
  await Deno.writeTextFile(path, lines.join(""));
}

/** The original after a week, and somebody who has read the guide. */
interface World {
  readonly topic: string;
  readonly keyspace: string;
  /** Keyspace of the trial. */
  readonly trial: string;
  readonly client: Awaited<ReturnType<typeof rawClient>>["client"];
  readonly cassandra: string;
  readonly registryUrl: string;
  readonly folder: string;
  readonly run: GuideRun;
  /** Settings of whoever follows the guide. */
  readonly env: Readonly<Record<string, string>>;
  /** File of the old rows. */
  readonly file: string;
  /** The original's producer goes on. */
  readonly produce: (frames: readonly OriginalFrame[]) => Promise<void>;
  /** Frames that the topic has lost, and those that it has. */
  readonly lost: readonly OriginalFrame[];
  readonly kept: readonly OriginalFrame[];
  /** Frames that the topic gets in the middle. */
  readonly meanwhile: readonly OriginalFrame[];
}

function splitFrames(random: Random): Pick<World, "lost" | "kept" | "meanwhile"> {
  const nowMs = Date.now();
  const [fromMs, toMs] = [nowMs - 6 * dayMs, nowMs - 1_000];
  const frames = originalFrames(symbols, { fromMs, toMs, count: 3_000, random });
  const meanwhile = originalFrames(symbols, { fromMs: toMs, toMs: nowMs, count: 100, random });
  return { lost: frames.slice(0, 300), kept: frames.slice(300), meanwhile };
}

/** Tables of all frames, and a topic that has the last ones. */
async function leaveBehind(
  { topic, keyspace, client, produce, lost, kept }: Omit<World, "run">,
): Promise<void> {
  await using kafka = connectTestKafka();
  await kafka.ensureTopics([
    { name: topic, partitions: originalPartitions, replicationFactor: 1, config: {} },
  ]);
  await produce(lost);
  const log = kafka.log();
  for (let partition = 0; partition < originalPartitions; partition++) {
    const { endOffset } = await log.bounds({ topic, partition });
    await kafka.deleteRecords({ topic, partition }, endOffset);
  }
  await produce(kept);
  for (const cql of originalTables(keyspace)) await client.execute(cql);
  await originalRows(client, keyspace, [...lost, ...kept]);
}

async function openWorld(closing: AsyncDisposableStack): Promise<World> {
  const folder = await Deno.makeTempDir({ prefix: "migration-" });
  closing.defer(() => Deno.remove(folder, { recursive: true }));
  const services = closing.use(
    await realServices({ kafka: true, registry: true, cassandra: true }),
  );
  const { client } = closing.use(await rawClient());
  const name = crypto.randomUUID().slice(0, 8);
  const [topic, application, keyspace] = [`t-${name}`, `a-${name}`, `k_${name}`];
  const trial = `${keyspace}_trial`;
  closing.defer(() => dropKeyspace(keyspace));
  closing.defer(() => dropKeyspace(trial));
  const random = seededRandom(seed);
  const { registryUrl } = services;
  const settings = {
    ...services.environment,
    TOPIC_KAFKA: topic,
    APPLICATION_ID: application,
    CASSANDRA_KEYSPACE: keyspace,
    STATE_DIR: `${folder}/state`,
    SPOOL_DIR: `${folder}/spool`,
    PRODUCE_HTTP_PORT: "0",
    FINHUB_SYMBOLS: symbols.join(","),
    FINHUB_SECRET_KEY: "any",
  };
  const feed = closing.use(new Program("feed", { args: ["--port", "0"], env: settings }));
  const { FINHUB_API_URL } = await feed.line("Serving Finnhub's protocol");
  const env = { ...settings, FINHUB_API_URL: String(FINHUB_API_URL) };
  const file = `${folder}/old-trades.jsonl.gz`;
  const names = [
    ["market_trial", trial],
    ["market", keyspace],
    ["trial", `${application}-trial`],
    [".data/trial", `${folder}/trial`],
    ["old-trades.jsonl.gz", file],
  ] as const;
  const world = {
    ...{ topic, keyspace, trial, client, registryUrl, folder, env, file },
    cassandra: `${services.cassandraHost}:${services.cassandraPort}`,
    produce: originalProducer({ topic, registryUrl, random }),
    ...splitFrames(random),
  };
  await leaveBehind(world);
  return { ...world, run: closing.use(new GuideRun(guide, { env, client, names, catchUpMsMax })) };
}

async function rowCount({ client, keyspace }: World, table: string): Promise<number> {
  const result = await client.execute(`SELECT count(*) FROM ${keyspace}.${table}`);
  return Number(result.first()["count"]);
}

async function assertRefused({ run, client, topic, keyspace, registryUrl }: World): Promise<void> {
  const [looked] = answers(await run.follow("2. See what you have"));
  assert.equal(looked?.code, 1);
  assert.match(looked.err, new RegExp(`topic ${topic}: unchanged`));
  assert.match(looked.err, /Cannot use table .*trades.*older layout.*docs\/MIGRATION.md/);
  const tables = await client.execute(
    `SELECT table_name FROM system_schema.tables WHERE keyspace_name = '${keyspace}'`,
  );
  assert.equal(tables.rows.length, 2);
  const versions = await fetch(`${registryUrl}/subjects/${topic}-value/versions`);
  assert.deepEqual(await versions.json(), [1, 2], "the original's schema and ours");
}

async function assertTrial(world: World): Promise<void> {
  const { run, kept, folder, trial, cassandra } = world;
  const beside = await run.follow("3. Run both side by side", tradesOf(kept).length);
  assert.deepEqual(answers(beside).map(({ code }) => code), [0]);
  const [oldCount = 0, newCount = 0, , mean] = firstValues(beside);
  assert.ok(0 < oldCount && oldCount < newCount, `${oldCount} < ${newCount}`);
  assert.equal(mean, meanOf(askedOf(tradesOf(kept))));
  const tasks = await run.process?.tasks() ?? [];
  assert.deepEqual(tasks.map(({ counts }) => counts.late), [0, 0]);
  await writeFrames(`${folder}/frames.jsonl`, kept);
  const { equal, report } = await recompute([
    ...["--frames", `${folder}/frames.jsonl`, "--grace-ms", String(8 * dayMs)],
    ...["--keyspace", trial, "--cassandra", cassandra],
  ]);
  assert.ok(equal, report);
  await run.stop();
  await run.follow("4. End the trial");
}

/** @returns Trades that the topic has then. */
async function assertReplaced(world: World): Promise<number> {
  const { run, lost, kept, meanwhile, env, file } = world;
  await world.produce(meanwhile);
  const inTopic = tradesOf([...kept, ...meanwhile]).length;
  const replaced = answers(await run.follow("5. Replace the Spark job", inTopic));
  assert.deepEqual(replaced.map(({ code }) => code), [0, 0, 0], JSON.stringify(replaced));
  const loaded = `${oldRowCount(lost)} rows written, ${oldRowCount(kept)} left out`;
  const report = replaced.at(-1)?.out ?? "";
  assert.match(report, new RegExp(`^${loaded}.*\n${mixedRowCount(kept)} of those left out`));
  const again = await runTask("carry-over", ["load", file], env);
  assert.match(again.out, new RegExp(`^${loaded}`));
  for (const table of ["trades", "trades_by_day"]) {
    assert.equal(await rowCount(world, table), inTopic + oldRowCount(lost), table);
  }
  const conditions = await world.client.execute(
    `SELECT trade_conditions FROM ${world.keyspace}.trades`,
  );
  assert.deepEqual(new Set(conditions.rows.map((row) => row["trade_conditions"])), new Set(["1"]));
  return inTopic;
}

async function assertPanels({ client, keyspace }: World): Promise<void> {
  for (const cql of grafanaQueries(keyspace)) {
    assert.ok((await client.execute(cql)).rows.length > 0, cql);
  }
  const unchanged = grafanaQueries(keyspace).at(2)?.replace(" ALLOW FILTERING", "") ?? "";
  await assert.rejects(client.execute(unchanged), /ALLOW FILTERING/);
  const windows = await client.execute(
    `SELECT window_start, final FROM ${keyspace}.running_averages_15_sec ` +
      `WHERE symbol = '${asked}' AND window_start < currentTimestamp() - 1h`,
  );
  assert.ok(windows.rows.length > 0);
  assert.ok(windows.rows.every((row) => row["final"]), "all windows of the past are final");
}

Deno.test({
  name: "the migration guide leads from the original pipeline to this one, and back",
  ignore,
  async fn() {
    await using closing = new AsyncDisposableStack();
    const world = await openWorld(closing);
    const { run, lost, kept } = world;
    await run.follow("1. Name the servers");
    await assertRefused(world);
    await assertTrial(world);
    const inTopic = await assertReplaced(world);
    await run.follow("6. Replace the producer");
    await run.caughtUp(inTopic + fedTrades);
    await assertPanels(world);
    await run.stop();
    const back = answers(await run.follow("Going back"));
    assert.deepEqual(back.map(({ code }) => code), [0, 0], JSON.stringify(back));
    assert.equal(await rowCount(world, "trades"), oldRowCount([...lost, ...kept]));
    assert.deepEqual(run.left, []);
  },
});
