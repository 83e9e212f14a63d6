/**
 * The whole path of `process`: a topic full of trades, windows and candles of them, all of it in
 * Cassandra, exactly once.
 *
 *     KAFKA_URL=127.0.0.1:9092 SCHEMA_REGISTRY_URL=http://127.0.0.1:8081/apis/ccompat/v7 \
 *     CASSANDRA_HOST=127.0.0.1 deno task dev bench:engine bench/pipeline/whole_path.ts --trades 300000
 *
 * The trades are those of the simulated market, `--rate` a second of its time, split and encoded as
 * `produce` does it. Each round starts the program itself, with its task's flags and the settings'
 * defaults, over the same topic into tables of its own. Time is taken from its first commit to its
 * last, so that neither its start nor the first rows count. A trade is two rows, as it lies in two
 * tables; a window is counted once, though one of 15 seconds lies in two tables as well. The times
 * of processors are those of the program and of the services that are on this machine.
 */
import { benchOptions } from "../bench_options.ts";
import { systemClock } from "../../src/base/clock.ts";
import { seededRandom } from "../../src/base/random.ts";
import { parseFrame } from "../../src/feed/parse_frame.ts";
import { SimulatedMarket } from "../../src/feed/simulated_market.ts";
import { simulatedSymbol } from "../../src/feed/simulated_symbol.ts";
import { frameToRecords, type RecordOptions } from "../../src/ingest/frame_records.ts";
import type { OutputRecord } from "../../src/streams/record.ts";
import { print } from "../../scripts/lib/print.ts";
import {
  cassandraOptions,
  dropKeyspace,
  newKeyspaceName,
  rawClient,
} from "../../tests/support/cassandra_keyspace.ts";
import type { ProcessInstance } from "../../tests/support/process_instance.ts";
import { seconds } from "../../tests/support/seconds.ts";
import { cpuMsOf, listenerOn } from "./cpu_time.ts";
import { median } from "./median.ts";
import { brokerPid, filledTopic, measuredRun, runMsMax } from "./process_runs.ts";
import { tableRows } from "./table_rows.ts";

const values = benchOptions({
  measures: "The whole path of process: a topic full of trades into the tables of Cassandra.",
  command: "bench:engine bench/pipeline/whole_path.ts",
}, {
  trades: { type: "string", default: "300000", says: "how many trades" },
  symbols: { type: "string", default: "64", says: "of how many symbols" },
  rate: { type: "string", default: "1000", says: "trades a second of the market's time" },
  partitions: { type: "string", default: "1", says: "of the topic" },
  rounds: { type: "string", default: "5", says: "how often each way is measured" },
});
const tradesWanted = Number(values.trades);
const partitions = Number(values.partitions);
const samplesPerSecond = 20;

const familiar = ["AAPL", "MSFT", "NVDA", "SPY", "TSLA", "BINANCE:BTCUSDT", "BINANCE:ETHUSDT"];
const symbols = Array.from({ length: Number(values.symbols) }, (_, i) => familiar[i] ?? `S${i}`);

/** What was put into the topic. */
interface Filled {
  readonly topic: string;
  readonly trades: number;
}

/** Frames of the simulated market, the last of them now: Kafka deletes by the records' time. */
function* marketRecords(
  terms: RecordOptions,
  count: (trades: number) => void,
): Generator<OutputRecord> {
  const random = seededRandom(1);
  const market = new SimulatedMarket(symbols.map((symbol) => simulatedSymbol(symbol)), random);
  const msPerTrade = 1_000 / Number(values.rate);
  let receivedAtMs = systemClock.nowMs() - tradesWanted * msPerTrade;
  let sum = 0;
  for (let sequence = 1; sum < tradesWanted; sequence++) {
    const { text, tradeCount } = market.nextFrame(receivedAtMs);
    const frame = { text, receivedAtMs: Math.floor(receivedAtMs), sequence };
    yield* frameToRecords(frame, parseFrame(text), terms).records;
    sum += tradeCount;
    count(tradeCount);
    receivedAtMs += tradeCount * msPerTrade;
  }
}

async function fill(): Promise<Filled> {
  let trades = 0;
  const topic = await filledTopic(
    partitions,
    (topic, codec) => marketRecords({ topic, producerId: topic, codec }, (more) => trades += more),
  );
  return { topic, trades };
}

/** Where a run stands: what it has committed, and what that took. */
interface Sample {
  readonly ms: number;
  readonly read: number;
  /** Rows that the sink was given: trades and windows, each once. */
  readonly rows: number;
  /** Of the program, Cassandra and Kafka. */
  readonly cpuMs: readonly number[];
}

const cassandra = listenerOn(cassandraOptions("any").port);

async function sample(instance: ProcessInstance): Promise<Sample> {
  const tasks = await instance.tasks();
  const read = tasks.reduce((sum, { counts }) => sum + counts.read, 0);
  const rows = Number(/^sink_rows_total (\d+)$/m.exec(await instance.metrics())?.[1]);
  const pids = [instance.program?.pid, cassandra, brokerPid];
  const cpuMs = pids.map((pid) => pid === undefined ? NaN : cpuMsOf(pid));
  return { ms: performance.now(), read, rows, cpuMs };
}

/** Waits for a sample with so many items. */
async function sampleWith(instance: ProcessInstance, items: number): Promise<Sample> {
  const deadline = performance.now() + runMsMax;
  while (performance.now() < deadline) {
    const found = await sample(instance);
    if (found.read >= items) return found;
    await seconds(1 / samplesPerSecond);
  }
  throw new Error(`fewer than ${items} items after ${runMsMax} ms`);
}

async function round({ topic, trades }: Filled, keyspace: string): Promise<[Sample, Sample]> {
  const env = { APPLICATION_ID: keyspace, CASSANDRA_KEYSPACE: keyspace };
  return await measuredRun(
    { topic, partitions, env },
    async (instance) => [await sampleWith(instance, 1), await sampleWith(instance, trades)],
  );
}

const filled = await fill();
print(`${filled.trades} trades of ${symbols.length} symbols in ${partitions} partitions`);
await using raw = await rawClient();
const tradeRates: number[] = [];
const rowRates: number[] = [];
for (let number = 1; number <= Number(values.rounds); number++) {
  const keyspace = newKeyspaceName();
  const [first, last] = await round(filled, keyspace);
  const perSecond = (count: number) => count * 1_000 / (last.ms - first.ms);
  const trades = last.read - first.read;
  tradeRates.push(perSecond(trades));
  rowRates.push(perSecond(last.rows - first.rows + trades));
  const cpuUs = last.cpuMs.map((ms, i) => (ms - (first.cpuMs[i] ?? NaN)) * 1_000 / trades);
  const [ofProgram, ofCassandra, ofKafka] = cpuUs.map((us) => us.toFixed(1));
  print(
    `round ${number}: ${Math.round(tradeRates.at(-1) ?? NaN)} trades/s, ` +
      `${Math.round(rowRates.at(-1) ?? NaN)} rows/s; processors, us a trade: ` +
      `process ${ofProgram}, Cassandra ${ofCassandra}, Kafka ${ofKafka}`,
  );
  print(`  ${await tableRows(raw.client, keyspace)}`);
  await dropKeyspace(keyspace);
}
print(
  `medians: ${Math.round(median(tradeRates))} trades/s, ${Math.round(median(rowRates))} rows/s`,
);
