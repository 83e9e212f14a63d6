/** `deno task state` on the state of real processes: what it shows, what it refuses, what it resets. */
import assert from "node:assert/strict";
import { resolutions } from "../../src/market/resolutions.ts";
import type { WindowRow } from "../../src/market/rows.ts";
import { programCommand } from "../../scripts/lib/program_command.ts";
import { connectTestKafka, kafkaBrokers } from "../support/kafka_harness.ts";
import { assertResults, type MarketRun, marketRun, runPartitions } from "../support/market_run.ts";
import { ProcessInstance } from "../support/process_instance.ts";
import { committedBy } from "../support/process_instance.ts";
import { writeRecording } from "../support/recordings.ts";
import { rawClient } from "../support/cassandra_keyspace.ts";

const ignore = kafkaBrokers().length === 0;
const catchUpMsMax = 60_000;

/** With the permissions of its task. */
const task = programCommand("state");

interface Answer {
  readonly code: number;
  readonly out: string;
  readonly err: string;
}

async function state(
  args: readonly string[],
  env: Readonly<Record<string, string>>,
): Promise<Answer> {
  const { code, stdout, stderr } = await new Deno.Command(Deno.execPath(), {
    args: ["run", ...task.flags, task.entry, ...args],
    env: { ENV_FILE: "", ...env },
  }).output();
  const decoder = new TextDecoder();
  return { code, out: decoder.decode(stdout), err: decoder.decode(stderr) };
}

/** What `get` shows of each window. */
function lengthsAndStarts({ code, out, err }: Answer): (string | undefined)[][] {
  assert.equal(code, 0, err);
  return out.trimEnd().split("\n").slice(2).map((line) => line.split(/ +/).slice(1, 3));
}

async function exported(
  args: readonly string[],
  env: Readonly<Record<string, string>>,
): Promise<WindowRow[]> {
  const { code, out, err } = await state(["export", ...args], env);
  assert.equal(code, 0, err);
  return out.trimEnd().split("\n").map((line) => JSON.parse(line));
}

/** The windows of each length hold the same trades. */
function tradesBySymbol(rows: readonly WindowRow[]): Record<string, number> {
  const sums: Record<string, number> = {};
  for (const { symbol, count } of rows) sums[symbol] = (sums[symbol] ?? 0) + count;
  return sums;
}

async function processedRun(closing: AsyncDisposableStack, graceMs: number): Promise<MarketRun> {
  const run = closing.use(
    await marketRun((folder) => writeRecording(`${folder}/frames.jsonl`, { frames: 900, seed: 4 })),
  );
  await run.pipeline.provision();
  const instance = closing.use(
    new ProcessInstance({ ...run.pipeline.environment, WINDOW_GRACE_MS: String(graceMs) }),
  );
  instance.start();
  await instance.program?.line("Processing");
  const producer = closing.use(await run.pipeline.produce());
  await committedBy([instance], run.recording.trades, catchUpMsMax);
  const { environment } = run.pipeline;
  for (const command of [["ls"], ["reset", "--yes"]]) {
    const locked = await state(command, environment);
    assert.equal(locked.code, 1);
    assert.match(locked.err, /in use: stop the other process/);
  }
  const elsewhere = { ...environment, STATE_DIR: `${environment["STATE_DIR"]}-elsewhere` };
  const member = await state(["reset", "--yes"], elsewhere);
  assert.equal(member.code, 1);
  assert.match(member.err, /must have no members: it has 1/);
  assert.equal(await producer.stop(), 0);
  assert.equal(await instance.program?.stop(), 0);
  return run;
}

Deno.test({
  name: "state shows, exports and verifies what a processor left behind",
  ignore,
  async fn() {
    await using closing = new AsyncDisposableStack();
    const { pipeline, recording } = await processedRun(closing, 60_000);
    const env = pipeline.environment;

    const listed = await state(["ls"], env);
    assert.equal(listed.code, 0, listed.err);
    assert.match(listed.out, /^PARTITION +BYTES +ROWS +SYMBOLS +INPUT OFFSET +CHANGELOG +BEHIND$/m);
    assert.match(listed.out, new RegExp(`^${pipeline.topic}-\\d( +\\d+){5} +0$`, "m"));
    const counts = listed.out.trimEnd().split("\n").slice(1).map((line) => line.split(/ +/)[3]);
    assert.equal(counts.map(Number).reduce((sum, n) => sum + n), recording.symbols.length);

    const shown = await state(["get", "AAPL", "--limit", "3"], env);
    assert.equal(shown.code, 0, shown.err);
    assert.match(shown.out, /^AAPL: stream time 2024-01-02T14:/);
    assert.equal(shown.out.trimEnd().split("\n").length, 2 + 3);

    const [start = ""] = /2024-01-02T\S+Z/.exec(shown.out.split("\n").at(2) ?? "") ?? [];
    const timeMs = Date.parse(start) + 1;
    const window = ["get", "AAPL", "--window", String(timeMs)];
    assert.deepEqual(lengthsAndStarts(await state(window, env)), [["15s", start]]);
    const every = await state([...window, "--resolution", "all"], env);
    assert.deepEqual(
      lengthsAndStarts(every),
      [...resolutions].map(([name, ms]) => [name, new Date(timeMs - timeMs % ms).toISOString()]),
    );

    const windows = await exported(["--resolution", "15s"], env);
    assert.deepEqual([...new Set(windows.map(({ symbol }) => symbol))].sort(), recording.symbols);
    const trades = tradesBySymbol(windows);
    assert.ok(trades["AAPL"]);
    const all = await exported([], env);
    for (const sizeMs of resolutions.values()) {
      assert.deepEqual(tradesBySymbol(all.filter((row) => row.sizeMs === sizeMs)), trades);
    }

    const verified = await state(["verify"], env);
    assert.equal(verified.code, 0, verified.out);
    assert.match(verified.out, /sound; \d+ rows, as the changelog has them/);

    const unknown = await state(["get", "NOSUCH"], env);
    assert.deepEqual([unknown.code, unknown.err.trim()], [
      1,
      'There is no symbol "NOSUCH" in this state',
    ]);
    const wrong = await state(["show"], env);
    assert.equal(wrong.code, 2);
    assert.match(wrong.err, /command must be one of ls, get/);
  },
});

Deno.test({
  name: "state reset says what it would do, does it, and the rows made again win",
  ignore,
  async fn() {
    await using closing = new AsyncDisposableStack();
    const run = await processedRun(closing, 0); // much is late: the windows are others
    const { pipeline, recording } = run;
    const env = pipeline.environment;
    const before = await writeTimes(pipeline.keyspace);

    const dry = await state(["reset"], env);
    assert.equal(dry.code, 0, dry.err);
    assert.match(dry.out, new RegExp(`topic ${run.changelog}, ${runPartitions} partitions`));
    assert.match(dry.out, new RegExp(`topic ${pipeline.application}-repartition`));
    assert.match(dry.out, /Nothing was done/);
    await assertKept(env);

    await deleteTopic(`${pipeline.application}-repartition`); // as a reset that ended halfway
    const done = await state(["reset", "--yes"], env);
    assert.equal(done.code, 0, done.err);
    const instance = closing.use(new ProcessInstance(env)); // with the usual grace
    instance.start();
    await committedBy([instance], recording.trades, catchUpMsMax);
    assert.equal(await instance.program?.stop(), 0);
    await assertResults(run);
    const after = await writeTimes(pipeline.keyspace);
    for (const [row, time] of before) assert.ok((after.get(row) ?? 0) > time, row);
  },
});

Deno.test({
  name:
    "state reset of an input that has lost its beginning replaces no correct row by a part of it",
  ignore,
  async fn() {
    await using closing = new AsyncDisposableStack();
    const { pipeline } = await processedRun(closing, 60_000);
    const env = pipeline.environment;
    const before = await candleCounts(pipeline.keyspace);
    await halveInput(pipeline.topic);

    const done = await state(["reset", "--yes"], env);
    assert.equal(done.code, 0, done.err);
    const whole = /Windows and candles that start before\n(\S+) may lack trades/.exec(done.out)
      ?.[1];
    assert.ok(whole !== undefined, done.out);
    const instance = closing.use(new ProcessInstance(env));
    instance.start();
    await committedBy([instance], 1, catchUpMsMax);
    await caughtUp(instance);
    assert.equal(await instance.program?.stop(), 0);
    assert.deepEqual(await candleCounts(pipeline.keyspace), before);
  },
});

/** Deletes the older half of what each partition of a topic holds. */
async function halveInput(topic: string): Promise<void> {
  await using kafka = connectTestKafka();
  for (let partition = 0; partition < runPartitions; partition++) {
    const { endOffset } = await kafka.log().bounds({ topic, partition });
    await kafka.deleteRecords({ topic, partition }, Math.floor(endOffset / 2));
  }
}

async function caughtUp(instance: ProcessInstance): Promise<void> {
  const deadline = performance.now() + catchUpMsMax;
  for (;;) {
    const tasks = await instance.tasks();
    if (tasks.length === runPartitions && tasks.every(({ lag_records: lag }) => lag === 0)) return;
    assert.ok(performance.now() < deadline, JSON.stringify(tasks));
    await new Promise((resolve) => setTimeout(resolve, 100));
  }
}

/** Trades of every candle, by symbol, length and start. */
async function candleCounts(keyspace: string): Promise<Map<string, number>> {
  await using raw = await rawClient();
  const { rows } = await raw.client.execute(
    `SELECT symbol, resolution, window_start, trade_count FROM ${keyspace}.candles`,
    [],
    { fetchSize: 10_000 },
  );
  assert.ok(rows.length > 0);
  const counts = rows.map((row): [string, number] => [
    `${row["symbol"]} ${row["resolution"]} ${row["window_start"].getTime()}`,
    Number(row["trade_count"]),
  ]);
  return new Map(counts.sort(([a], [b]) => a < b ? -1 : 1));
}

async function deleteTopic(name: string): Promise<void> {
  await using kafka = connectTestKafka();
  await kafka.deleteTopic(name);
}

/** Resetting what cannot be begun anew says why, and deletes nothing. */
async function assertKept(env: Readonly<Record<string, string>>): Promise<void> {
  const obstacles = [
    { other: { TOPIC_KAFKA: "no-such-topic" }, problem: /there is no topic "no-such-topic"/ },
    { other: { SCHEMA_REGISTRY_URL: "http://127.0.0.1:1" }, problem: /schema/i },
  ];
  for (const { other, problem } of obstacles) {
    const refused = await state(["reset", "--yes"], { ...env, ...other });
    assert.match(refused.err, problem);
    assert.equal(refused.code, 1);
    assert.doesNotMatch(refused.out, /Deleting/);
    const verified = await state(["verify"], env);
    assert.equal(verified.code, 0, verified.out + verified.err);
    assert.match(verified.out, /sound; \d+ rows, as the changelog has them/);
  }
}

/** Write times of the windows, microseconds, by symbol and start. */
async function writeTimes(keyspace: string): Promise<Map<string, number>> {
  await using raw = await rawClient();
  const { rows } = await raw.client.execute(
    "SELECT symbol, window_start, writetime(trade_count) AS written " +
      `FROM ${keyspace}.running_averages_15_sec`,
    [],
    { fetchSize: 10_000 },
  );
  return new Map(rows.map((row) => [
    `${row["symbol"]} ${row["window_start"].toISOString()}`,
    Number(row["written"]),
  ]));
}
