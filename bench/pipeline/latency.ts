/**
 * How long a trade takes from the feed's socket to the candle that `/api/stream` sends, and to its
 * row, as a histogram.
 *
 *     KAFKA_URL=127.0.0.1:9092 SCHEMA_REGISTRY_URL=http://127.0.0.1:8081/apis/ccompat/v7 \
 *     CASSANDRA_HOST=127.0.0.1 deno task dev bench:engine bench/pipeline/latency.ts --sink cassandra
 *
 * `none` and `cassandra` run `produce` and `process` over Kafka, `sqlite` runs `start`: programs of
 * their own, with their tasks' flags. The load is open: each frame has a time at which it is due,
 * whatever became of those before, and its latency counts from there, so a pause of any of the
 * programs, and of this one, is in the figures of every frame that it delayed. A frame holds trades
 * of as many symbols; the first is always of the symbol that is watched, at a price that numbers the
 * frame: the highest price of its candle says how far the results are. Rows are asked for every
 * millisecond, so their figures are at most that and the query's time too high.
 */
import { benchOptions } from "../bench_options.ts";
import { DatabaseSync } from "node:sqlite";
import { print } from "../../scripts/lib/print.ts";
import {
  cassandraOptions,
  dropKeyspace,
  newKeyspaceName,
  rawClient,
} from "../../tests/support/cassandra_keyspace.ts";
import { kafkaBrokers } from "../../tests/support/kafka_harness.ts";
import { Program } from "../../tests/support/program.ts";
import { seconds } from "../../tests/support/seconds.ts";
import { cpuMsOf, listenerOn } from "./cpu_time.ts";
import { histogram, Latencies, quantile } from "./latencies.ts";
import { PacedFeed, watchedSymbol } from "./paced_feed.ts";

const values = benchOptions({
  measures: "How long a trade takes from the feed to the live stream, and to its row.",
  command: "bench:engine bench/pipeline/latency.ts",
}, {
  sink: { type: "string", default: "none", says: "none, cassandra or sqlite" },
  intervals: { type: "string", default: "10,100,1000", says: "commit intervals, ms" },
  rate: { type: "string", default: "1000", says: "trades a second" },
  "per-frame": { type: "string", default: "5", says: "trades of a frame" },
  symbols: { type: "string", default: "64", says: "of how many symbols" },
  seconds: { type: "string", default: "20", says: "how long, s" },
  "warm-up": { type: "string", default: "5", says: "what is not counted before, s" },
  histogram: { type: "boolean", default: false, says: "prints the histograms" },
});
const sink = values.sink;
const tradesPerFrame = Number(values["per-frame"]);
const framesPerSecond = Number(values.rate) / tradesPerFrame;
const warmUp = Number(values["warm-up"]) * framesPerSecond;
const frames = warmUp + Number(values.seconds) * framesPerSecond;

/** What the programs of a run have in common, and where rows are looked up. */
interface Surroundings extends AsyncDisposable {
  /** Where `/api/stream` is. */
  readonly url: string;
  /** The program that processes. */
  readonly pid: number;
  /** Number of the newest frame whose row is there; absent where there are no rows. */
  readonly newestRow: (() => Promise<number | undefined>) | undefined;
}

async function distributed(env: Readonly<Record<string, string>>): Promise<Surroundings> {
  await using opening = new AsyncDisposableStack();
  const keyspace = newKeyspaceName();
  const all = {
    ...env,
    TOPIC_KAFKA: `bench-${keyspace}`,
    APPLICATION_ID: keyspace,
    CASSANDRA_KEYSPACE: keyspace,
    TOPIC_PARTITIONS: "1",
    ...(sink === "none" ? { RESULTS: "none", TRADES_TABLES: "" } : {}),
  };
  await using provision = new Program("provision", { env: all });
  if (await provision.ended() !== 0) throw new Error(JSON.stringify(provision.log.slice(-5)));
  let newestRow: Surroundings["newestRow"];
  if (sink === "cassandra") {
    const raw = opening.use(await rawClient());
    opening.defer(() => dropKeyspace(keyspace));
    const query = `SELECT price FROM ${keyspace}.trades WHERE symbol = ? LIMIT 1`;
    newestRow = async () => {
      const { rows } = await raw.client.execute(query, [watchedSymbol], { prepare: true });
      return rows[0]?.["price"];
    };
  }
  const process = opening.use(new Program("process", { env: all }));
  const url = String((await process.line("Processing"))["page"]);
  opening.use(new Program("produce", { env: all }));
  const running = opening.move();
  const { pid } = process;
  return { url, pid, newestRow, [Symbol.asyncDispose]: () => running.disposeAsync() };
}

async function embedded(
  env: Readonly<Record<string, string>>,
  folder: string,
): Promise<Surroundings> {
  const args = ["--data", `${folder}/data`, "--port", "0"];
  await using opening = new AsyncDisposableStack();
  const program = opening.use(new Program("start", { args, env }));
  const { message } = await program.line("Live from");
  const url = /page\s+(http:\S+)/.exec(message)?.[1] ?? "";
  const file = opening.adopt(
    new DatabaseSync(`${folder}/data/results.db`, { readOnly: true }),
    (open) => open.close(),
  );
  const query = file.prepare(
    "SELECT price FROM trades WHERE symbol = ? ORDER BY trade_timestamp DESC, trade_id DESC LIMIT 1",
  );
  const running = opening.move();
  return {
    url,
    pid: program.pid,
    newestRow: () => Promise.resolve(query.get(watchedSymbol)?.["price"] as number | undefined),
    [Symbol.asyncDispose]: () => running.disposeAsync(),
  };
}

const services = [
  listenerOn(Number(kafkaBrokers()[0]?.split(":")[1])),
  listenerOn(cassandraOptions("any").port),
];

/** Processor time so far of the program, Kafka and Cassandra, ms; NaN for what is not here. */
function cpuMs({ pid }: Surroundings): number[] {
  return [pid, ...services].map((id) => id === undefined ? NaN : cpuMsOf(id));
}

/** Takes note of what the stream shows, until all frames are there. */
async function follow({ url }: Surroundings, latencies: Latencies): Promise<void> {
  const address = new URL(`/api/stream?symbol=${watchedSymbol}&resolution=15s`, url);
  const { body } = await fetch(address);
  let rest = "";
  for await (const text of body?.pipeThrough(new TextDecoderStream()) ?? []) {
    const lines = (rest + text).split("\n");
    rest = lines.pop() ?? "";
    for (const line of lines) {
      if (!line.startsWith('data: {"candles"')) continue;
      const { candles } = JSON.parse(line.slice(6)) as { candles: { high: number }[] };
      latencies.seen(Math.max(...candles.map(({ high }) => high)));
    }
    if (latencies.complete) return;
  }
}

async function poll(
  newest: () => Promise<number | undefined>,
  latencies: Latencies,
): Promise<void> {
  while (!latencies.complete) {
    latencies.seen(await newest() ?? -1);
    await seconds(0.001);
  }
}

async function run(intervalMs: string): Promise<void> {
  const folder = await Deno.makeTempDir({ prefix: "bench-" });
  await using feed = new PacedFeed({
    frames,
    framesPerSecond,
    tradesPerFrame,
    symbols: Number(values.symbols),
  });
  const env = {
    COMMIT_INTERVAL_MS: intervalMs,
    FINHUB_API_URL: feed.url,
    FINHUB_SECRET_KEY: "any",
    FINHUB_SYMBOLS: watchedSymbol,
    STATE_DIR: `${folder}/state`,
    SPOOL_DIR: `${folder}/spool`,
    HTTP_PORT: "0",
    PRODUCE_HTTP_PORT: "0",
  };
  {
    await using programs = sink === "sqlite" ? await embedded(env, folder) : await distributed(env);
    const streamed = new Latencies(feed);
    const rows = new Latencies(feed);
    const before = cpuMs(programs);
    const following = [follow(programs, streamed)];
    if (programs.newestRow !== undefined) following.push(poll(programs.newestRow, rows));
    await Promise.all(following);
    const name = `${sink}, interval ${intervalMs} ms`;
    const trades = frames * tradesPerFrame;
    const cpuUs = cpuMs(programs).map((ms, i) => (ms - (before[i] ?? NaN)) * 1_000 / trades);
    const [program, kafka, cassandra] = cpuUs.map((us) => us.toFixed(0));
    print(
      `${name}: processor time of a trade ${program} us, Kafka ${kafka}, Cassandra ${cassandra}`,
    );
    report(`${name}, to /api/stream`, streamed);
    if (programs.newestRow !== undefined) report(`${name}, to the row`, rows);
  }
  await Deno.remove(folder, { recursive: true });
}

function report(name: string, latencies: Latencies): void {
  const sorted = latencies.since(warmUp).toSorted();
  const ms = (share: number) => quantile(sorted, share).toFixed(1);
  print(
    `${name}: p50 ${ms(0.5)}, p90 ${ms(0.9)}, p99 ${ms(0.99)}, ` +
      `max ${ms(1)} ms; load ${Deno.loadavg()[0]?.toFixed(1)}`,
  );
  if (values.histogram) print(histogram(sorted));
}

for (const interval of values.intervals.split(",")) await run(interval);
