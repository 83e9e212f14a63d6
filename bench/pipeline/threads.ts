/**
 * What threads of `process` bring: a topic full of trades, read from its beginning by the program
 * itself, with its task's flags, without results: Kafka in, windows in LevelDB, changelog and
 * positions out in transactions.
 *
 *     KAFKA_URL=127.0.0.1:9092 SCHEMA_REGISTRY_URL=http://127.0.0.1:8081/apis/ccompat/v7 \
 *     deno task dev bench:engine bench/pipeline/threads.ts --partitions 4 --threads 1,2
 *
 * Numbers of threads take turns, so that a busy machine slows all of them. Time is taken from the
 * first assignment to the last commit. Memory is the greatest that was seen; the processors' times
 * are those of the program and of the broker, which is on this machine.
 */
import { benchOptions } from "../bench_options.ts";
import { seededRandom } from "../../src/base/random.ts";
import type { AvroTradeCodec } from "../../src/registry/trade_codec.ts";
import type { OutputRecord } from "../../src/streams/record.ts";
import { encodeText } from "../../src/streams/text.ts";
import { print } from "../../scripts/lib/print.ts";
import type { ProcessInstance } from "../../tests/support/process_instance.ts";
import type { Program } from "../../tests/support/program.ts";
import { seconds } from "../../tests/support/seconds.ts";
import { cpuMsOf } from "./cpu_time.ts";
import { median } from "./median.ts";
import { brokerPid, filledTopic, measuredRun, runMsMax } from "./process_runs.ts";

const values = benchOptions({
  measures: "What threads of process bring.",
  command: "bench:engine bench/pipeline/threads.ts",
}, {
  trades: { type: "string", default: "3000000", says: "how many trades" },
  symbols: { type: "string", default: "64", says: "of how many symbols" },
  partitions: { type: "string", default: "4", says: "of the topic" },
  threads: { type: "string", default: "1,2", says: "numbers of threads, which take turns" },
  rounds: { type: "string", default: "3", says: "how often each way is measured" },
});
const trades = Number(values.trades);
const partitions = Number(values.partitions);

function* records(topic: string, codec: AvroTradeCodec): Generator<OutputRecord> {
  const random = seededRandom(1);
  const startMs = Date.now() - trades / 10;
  for (let i = 0; i < trades; i++) {
    const symbol = `S${Math.floor(random.next() * Number(values.symbols))}`;
    const eventTimeMs = startMs + Math.floor(i / 10);
    const trade = { symbol, price: 100 + random.next(), volume: 1, eventTimeMs, conditions: ["1"] };
    const value = codec.encode([trade]);
    yield { topic, key: encodeText(symbol), value, timestampMs: eventTimeMs, headers: {} };
  }
}

/** What one run of the program took. */
interface Run {
  readonly perSecond: number;
  readonly residentMb: number;
  readonly ownUs: number;
  readonly brokerUs: number;
}

async function measure(instance: ProcessInstance, program: Program): Promise<Run> {
  const joined = Date.parse(String((await program.line("joined the group"))["time"]));
  const cpu = () => [program.pid, brokerPid].map((pid) => pid === undefined ? NaN : cpuMsOf(pid));
  const before = cpu();
  const deadline = joined + runMsMax;
  let residentMb = 0;
  for (let lastMs = 0; Date.now() < deadline;) {
    await seconds(0.1);
    const tasks = await instance.tasks();
    const resident = /^process_resident_memory_bytes (\d+)$/m.exec(await instance.metrics())?.[1];
    residentMb = Math.max(residentMb, Number(resident) / 1e6);
    lastMs = Math.max(lastMs, ...tasks.map(({ last_commit: at }) => at ?? 0));
    if (tasks.reduce((sum, { counts }) => sum + counts.read, 0) < trades) continue;
    const [ownUs = NaN, brokerUs = NaN] = cpu().map((ms, i) =>
      (ms - (before[i] ?? NaN)) * 1_000 / trades
    );
    return { perSecond: trades * 1_000 / (lastMs - joined), residentMb, ownUs, brokerUs };
  }
  throw new Error(`fewer than ${trades} trades after ${runMsMax} ms`);
}

const topic = await filledTopic(partitions, records);
print(`${trades} trades of ${values.symbols} symbols in ${partitions} partitions`);
const kinds = values.threads.split(",");
const runs = new Map<string, Run[]>(kinds.map((threads) => [threads, []]));
for (let round = 1; round <= Number(values.rounds); round++) {
  for (const threads of kinds) {
    const env = {
      APPLICATION_ID: `b-${crypto.randomUUID().slice(0, 8)}`,
      RESULTS: "none",
      COMMIT_INTERVAL_MS: "1000",
      PROCESS_THREADS: threads,
    };
    const done = await measuredRun({ topic, partitions, env }, measure);
    runs.get(threads)?.push(done);
    print(
      `round ${round}, ${threads} threads: ${Math.round(done.perSecond)} trades/s, resident ` +
        `${Math.round(done.residentMb)} MB; processors, us a trade: process ` +
        `${done.ownUs.toFixed(2)}, Kafka ${done.brokerUs.toFixed(2)}`,
    );
  }
}
for (const [threads, done] of runs) {
  print(
    `medians of ${threads} threads: ${Math.round(median(done.map((one) => one.perSecond)))} ` +
      `trades/s, ${Math.round(median(done.map((one) => one.residentMb)))} MB`,
  );
}
