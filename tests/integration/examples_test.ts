/** The examples as they run: in a folder, and over Kafka, killed at any moment. */
import assert from "node:assert/strict";
import { rm } from "node:fs/promises";
import { join } from "node:path";
import {
  type Average,
  AveragesTable,
  type Reading,
  sensorAverages,
} from "../../docs/examples/sensor_averages.ts";
import { wordCount } from "../../docs/examples/word_count.ts";
import { root } from "../../scripts/lib/source_files.ts";
import { systemClock } from "../../src/base/clock.ts";
import { silentLogger } from "../../src/base/logger.ts";
import { connectKafka } from "../../src/kafka/connection.ts";
import { seededRandom } from "../../src/base/random.ts";
import { embedded, type EmbeddedRuntime } from "../../src/runtime/embedded.ts";
import {
  type AnyJob,
  decodeText,
  encodeText,
  type Job,
  job,
  json,
  type LogRecord,
  type OutputRecord,
  type RecordLog,
  run,
  type RunOptions,
  stream,
  text,
} from "../../src/streams/mod.ts";
import { readAll } from "../contract/log_harness.ts";
import { kafkaBrokers } from "../support/kafka_harness.ts";
import { until } from "../support/until.ts";
import { wordUpdates } from "../support/word_updates.ts";

const sentences = ["to be or not to be", "that is the question", "Be not afraid", "to to to"];

function lines(count: number, timestampMs: number): OutputRecord[] {
  return Array.from({ length: count }, (_, i) => ({
    topic: "lines",
    timestampMs: timestampMs + i,
    key: null,
    partition: i % 2,
    value: encodeText(sentences[i % sentences.length] as string),
  }));
}

/** What the words of all lines come to. */
function countsOf(records: readonly Pick<LogRecord, "value">[]): Map<string, number> {
  const counts = new Map<string, number>();
  for (const { value } of records) {
    for (const word of decodeText(value as Uint8Array)?.toLowerCase().split(" ") ?? []) {
      counts.set(word, (counts.get(word) ?? 0) + 1);
    }
  }
  return counts;
}

async function recordsOf(log: RecordLog, topic: string): Promise<LogRecord[]> {
  const both = await Promise.all([0, 1].map((partition) => readAll(log, { topic, partition }, 0)));
  return both.flat();
}

/** The last count of each word; one that does not grow has been written twice. */
async function latest(log: RecordLog, topic: string): Promise<Map<string, number>> {
  const counts = new Map<string, number>();
  for (const { key, value } of await recordsOf(log, topic)) {
    const [word = "", count] = [key, value].map((bytes) => decodeText(bytes ?? new Uint8Array()));
    assert(Number(count) > (counts.get(word) ?? 0), `${word} ${count}`);
    counts.set(word, Number(count));
  }
  return counts;
}

type Apps = Parameters<NonNullable<RunOptions["onStart"]>>[0];

/** Runs jobs until they have made what is asked for. */
async function runUntil(
  isThere: (apps: Apps) => boolean | Promise<boolean>,
  jobs: readonly AnyJob[],
  runtime: EmbeddedRuntime,
): Promise<void> {
  const stop = new AbortController();
  const started = Promise.withResolvers<Apps>();
  const running = run(jobs, runtime, {
    signal: stop.signal,
    commitInterval: "20ms",
    onStart: started.resolve,
  });
  const apps = await started.promise;
  const ready = until(() => isThere(apps), {
    what: () => `the results: ${JSON.stringify(apps.map(({ tasks }) => tasks))}`,
    msMax: 60_000,
    lookMs: 20,
  });
  await Promise.race([ready, running]);
  stop.abort();
  await running;
}

Deno.test("jobs that read one topic, or each other's results, share a folder", async () => {
  const updates: Job<number, number> = job("updates")
    .to("update-counts", stream("counts", json<number>()).groupByKey().reduce("last", Math.max));
  const lineCount: Job<string, number> = job("line-count")
    .to("line-counts", stream("lines", text()).keyBy(() => "all").count("lines"));
  const jobs = [wordCount, updates, lineCount];
  const folder = await Deno.makeTempDir({ prefix: "words-" });
  for (let life = 1; life <= 2; life++) {
    await using runtime = await embedded(folder, { keepRecords: 0 });
    await runtime.open(jobs);
    await runtime.log.append(lines(40, life));
    const words = countsOf(Array.from({ length: life }, () => lines(40, 0)).flat());
    const has = (which: number, counts: ReadonlyMap<string, number>) => async (apps: Apps) => {
      for (const [key, count] of counts) {
        if ((await apps[which]?.value(key))?.value !== count) return false;
      }
      return true;
    };
    await runUntil(has(0, words), [wordCount], runtime); // the others have their input to come
    const total = new Map([["all", 40 * life]]);
    const isThere = async (apps: Apps) => await has(1, words)(apps) && await has(2, total)(apps);
    await runUntil(isThere, jobs, runtime);
  }
  await Deno.remove(folder, { recursive: true });
});

Deno.test("sensor averages are those of a plain computation", async () => {
  const folder = await Deno.makeTempDir({ prefix: "sensors-" });
  const table = new AveragesTable(`${folder}/averages.db`);
  await using runtime = await embedded(folder);
  const averages = sensorAverages(table);
  await runtime.open([averages]);
  const readings = Array.from({ length: 200 }, (_, i) => ({
    sensor: i % 3 === 0 ? "roof" : "cellar",
    atMs: 10_000 * i,
    celsius: (i * 37) % 50,
  }));
  await runtime.log.append(readings.map((reading) => ({
    topic: "temperatures",
    timestampMs: reading.atMs,
    key: encodeText(reading.sensor),
    value: encodeText(JSON.stringify(reading)),
  })));
  const rows = (): Average[] =>
    table.database.prepare("SELECT * FROM averages").all() as unknown as Average[];
  const expected = [60_000, 3_600_000].flatMap((sizeMs) => plainMeans(readings, sizeMs)).sort();
  const isThere = () => rows().length === expected.length;
  await runUntil(isThere, [averages], runtime);
  const found = rows().map(({ sensor, sizeMs, startMs, meanCelsius }) =>
    `${sensor} ${sizeMs} ${startMs} ${meanCelsius}`
  );
  assert.deepEqual(found.sort(), expected);
  table.database.close();
  await Deno.remove(folder, { recursive: true });
});

function plainMeans(readings: readonly Reading[], sizeMs: number): string[] {
  const groups = Map.groupBy(
    readings,
    ({ sensor, atMs }) => `${sensor} ${sizeMs} ${Math.floor(atMs / sizeMs) * sizeMs}`,
  );
  return [...groups].map(([name, group]) =>
    `${name} ${group.reduce((sum, { celsius }) => sum + celsius, 0) / group.length}`
  );
}

Deno.test({
  name: "word count is exact over Kafka, whenever it is killed",
  ignore: kafkaBrokers().length === 0,
  async fn() {
    const folder = await Deno.makeTempDir({ prefix: "words-" });
    const random = seededRandom(17);
    await using kafka = connectKafka({
      brokers: kafkaBrokers(),
      clientId: "test",
      logger: silentLogger,
    });
    const spec = { partitions: 2, replicationFactor: 1, config: {} };
    await kafka.ensureTopics([{ name: "lines", ...spec }]);
    await using appender = kafka.appender();
    for (let life = 0; life < 5; life++) {
      await appender.append(lines(200, Date.now()));
      // Where it was killed before it had any, there is none.
      if (life === 3) await rm(`${folder}/state`, { recursive: true, force: true });
      const program = start("docs/examples/word_count.ts", `${folder}/state`);
      if (life < 4) await systemClock.sleep(500 + 1_500 * random.next());
      else await until(() => isExact(kafka.log()), { what: "every count", msMax: 60_000 });
      program.kill("SIGKILL");
      await program.status;
    }
    await Deno.remove(folder, { recursive: true });
  },
});

Deno.test({
  name: "two jobs chained by a topic are exact over Kafka, whichever is killed",
  ignore: kafkaBrokers().length === 0,
  async fn() {
    const folder = await Deno.makeTempDir({ prefix: "chained-" });
    const random = seededRandom(18);
    await using kafka = connectKafka({
      brokers: kafkaBrokers(),
      clientId: "test",
      logger: silentLogger,
    });
    const spec = { partitions: 2, replicationFactor: 1, config: {} };
    await kafka.ensureTopics(["lines", "counts", "weights"].map((name) => ({ name, ...spec })));
    await using appender = kafka.appender();
    await appender.append([...weights].map(([word, weight]) => ({
      topic: "weights",
      timestampMs: 1_000_000_000_000, // long before every count
      key: encodeText(word),
      value: encodeText(String(weight)),
    })));
    const programs = ["docs/examples/word_count.ts", "tests/support/word_updates.ts"];
    const stateOf = (which: number) => `${folder}/state-${which}`;
    const running = programs.map((program, which) => start(program, stateOf(which)));
    for (let kills = 0; kills < 8; kills++) {
      await appender.append(lines(100, Date.now()));
      await systemClock.sleep(500 + 1_500 * random.next());
      const which = random.next() < 0.5 ? 0 : 1;
      await killed(running[which]);
      if (kills % 4 === 3) await rm(stateOf(which), { recursive: true, force: true });
      running[which] = start(programs[which] ?? "", stateOf(which));
    }
    const log = kafka.log();
    const isDone = async () => await isExact(log) && await isChainExact(log);
    await until(isDone, { what: "every count, and every update", msMax: 120_000 });
    for (const program of running) await killed(program);
    await Deno.remove(folder, { recursive: true });
  },
});

Deno.test({
  name: "labels are what both tables have over Kafka, whenever it is killed",
  ignore: kafkaBrokers().length === 0,
  async fn() {
    const folder = await Deno.makeTempDir({ prefix: "labels-" });
    const random = seededRandom(19);
    await using kafka = connectKafka({
      brokers: kafkaBrokers(),
      clientId: "test",
      logger: silentLogger,
    });
    const spec = { partitions: 2, replicationFactor: 1 };
    const compacted = { ...spec, config: { "cleanup.policy": "compact" } };
    const tables = ["customers", "addresses"] as const;
    await kafka.ensureTopics(tables.map((name) => ({ name, ...compacted })));
    await using appender = kafka.appender();
    const held = { customers: new Map<string, string>(), addresses: new Map<string, string>() };
    for (let life = 0; life < 6; life++) {
      await appender.append(Array.from({ length: 200 }, () => {
        const topic = random.next() < 0.5 ? "customers" : "addresses";
        const key = String(Math.floor(20 * random.next()));
        const text = random.next() < 0.3 ? undefined : String(Math.floor(1_000 * random.next()));
        if (text === undefined) held[topic].delete(key);
        else held[topic].set(key, text);
        const value = text && JSON.stringify({ name: text, street: text, city: "" });
        return {
          topic,
          timestampMs: Date.now(),
          key: encodeText(key),
          value: value === undefined ? null : encodeText(value),
        };
      }));
      if (life === 3) await rm(`${folder}/state`, { recursive: true, force: true });
      const program = start("docs/examples/labels.ts", `${folder}/state`);
      if (life < 5) await systemClock.sleep(500 + 1_500 * random.next());
      else {
        const isDone = async () => isSame(await labelsIn(kafka.log()), held);
        await until(isDone, { what: "every label", msMax: 60_000 });
      }
      await killed(program);
    }
    await Deno.remove(folder, { recursive: true });
  },
});

/** The newest label of each customer; one that is deleted twice has been written twice. */
async function labelsIn(log: RecordLog): Promise<Map<string, string>> {
  const labels = new Map<string, string>();
  for (const { key, value } of await recordsOf(log, "labels")) {
    const customer = decodeText(key ?? new Uint8Array()) ?? "";
    if (value === null) assert(labels.delete(customer), `${customer} is deleted twice`);
    else labels.set(customer, JSON.parse(decodeText(value) ?? "").lines.join());
  }
  return labels;
}

function isSame(
  labels: ReadonlyMap<string, string>,
  { customers, addresses }: Record<"customers" | "addresses", ReadonlyMap<string, string>>,
): boolean {
  const both = [...customers.keys()].filter((key) => addresses.has(key));
  return labels.size === both.length &&
    both.every((key) => labels.get(key) === [customers.get(key), addresses.get(key), ""].join());
}

const weights = new Map([["to", 10], ["be", 100]]);

/** True once each record of the counts has been added, joined with its word's weight, once. */
async function isChainExact(log: RecordLog): Promise<boolean> {
  const written = new Map<string, number>();
  for (const { key } of await recordsOf(log, "counts")) {
    const word = decodeText(key ?? new Uint8Array()) ?? "";
    written.set(word, (written.get(word) ?? 0) + (weights.get(word) ?? 1));
  }
  const updates = await latest(log, wordUpdates.topics[0]?.topic ?? "");
  return [...written].every(([word, count]) => updates.get(word) === count);
}

async function killed(program: Deno.ChildProcess | undefined): Promise<void> {
  program?.kill("SIGKILL");
  await program?.status;
}

function start(program: string, stateDir: string): Deno.ChildProcess {
  return new Deno.Command(Deno.execPath(), {
    args: ["run", "-q", "-A", "--no-check", join(root, program), stateDir, ...kafkaBrokers()],
    stdin: "null",
    stdout: "null",
    stderr: "inherit",
  }).spawn();
}

async function isExact(log: RecordLog): Promise<boolean> {
  const words = countsOf(await recordsOf(log, "lines"));
  const counts = await latest(log, "counts");
  return [...words].every(([word, count]) => counts.get(word) === count);
}
