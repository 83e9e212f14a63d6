/**
 * Windowed aggregation over real Kafka, exactly-once, beside reading and decoding alone.
 *
 *     KAFKA_URL=127.0.0.1:9092 deno task dev bench:engine bench/pipeline/throughput.ts --trades 1000000
 *
 * With `--keyless`, records name no key and mix symbols, so that each goes round once through the
 * repartition topic.
 *
 * Both halves read the same topic in the same process, in turn.
 */
import { benchOptions } from "../bench_options.ts";
import { seededRandom } from "../../src/base/random.ts";
import type { Trade } from "../../src/market/trade.ts";
import { print } from "../../scripts/lib/print.ts";
import { firstMs, MarketBench } from "./market_bench.ts";
import { ownCpuMs } from "./cpu_time.ts";
import { median } from "./median.ts";

const values = benchOptions({
  measures: "Windowed aggregation over Kafka, exactly once, beside reading and decoding alone.",
  command: "bench:engine bench/pipeline/throughput.ts",
}, {
  trades: { type: "string", default: "1000000", says: "how many trades" },
  symbols: { type: "string", default: "64", says: "of how many symbols" },
  "per-record": { type: "string", default: "1", says: "trades of a record" },
  partitions: { type: "string", default: "1", says: "of the topic" },
  rounds: { type: "string", default: "3", says: "how often each way is measured" },
  keyless: { type: "boolean", default: false, says: "records name no key and mix symbols" },
  "in-turn": {
    type: "boolean",
    default: false,
    says: "symbols in turn, not drawn: each as often as the others",
  },
  "commit-ms": {
    type: "string",
    default: "100",
    says: "time between commits, ms; the product leaves 1000 while it is behind",
  },
  "engine-only": {
    type: "boolean",
    default: false,
    says: "without the comparison, which leaves its garbage in memory",
  },
});
const tradeCount = Number(values.trades);
const perRecord = Number(values["per-record"]);
const partitions = Number(values.partitions);
const symbolCount = Number(values.symbols);
const records = Math.ceil(tradeCount / perRecord);

/** Trades of one of many symbols in each record, ten a millisecond. */
function* trades(): Generator<Trade[]> {
  const random = seededRandom(1);
  for (let first = 0; first < tradeCount; first += perRecord) {
    const drawSymbol = () => `S${Math.floor(random.next() * symbolCount)}`;
    const symbol = values["in-turn"] ? `S${first / perRecord % symbolCount}` : drawSymbol();
    yield Array.from({ length: Math.min(perRecord, tradeCount - first) }, (_, i) => ({
      symbol: values.keyless ? drawSymbol() : symbol,
      price: 100 + random.next(),
      volume: 1 + Math.floor(random.next() * 100),
      eventTimeMs: firstMs + Math.floor((first + i) / 10),
      conditions: ["1"],
    }));
  }
}

await using bench = await MarketBench.create(partitions);
const { keyless } = values;
await bench.fill(trades(), { keyless });
print(
  `${tradeCount} trades, ${perRecord} a record, ${symbolCount} symbols, ${partitions} partitions` +
    (keyless ? ", without keys" : ""),
);
// Symbols come in another order where records go round: none may be late.
const graceMs = keyless ? 3_600_000 : 60_000;
const goal = keyless ? { trades: tradeCount } : {};
const ratios: number[] = [];
for (let round = 1; round <= Number(values.rounds); round++) {
  const alone = values["engine-only"] ? NaN : await bench.readAlone();
  const folder = await Deno.makeTempDir({ prefix: "bench-" });
  const application = `${bench.topic}-${round}`;
  const usedMs = ownCpuMs();
  const commitIntervalMs = Number(values["commit-ms"]);
  const options = { application, folder, graceMs, records, commitIntervalMs };
  const ran = await bench.run({ ...options, ...goal });
  const cpuUs = (ownCpuMs() - usedMs) * 1_000 / tradeCount;
  await Deno.remove(folder, { recursive: true });
  if (ran.aggregated !== tradeCount) throw new Error(`${ran.aggregated} of ${tradeCount} trades`);
  const engine = ran.aggregated * 1000 / (ran.openingMs + ran.runningMs);
  ratios.push(engine / alone);
  print(
    `round ${round}: read and decode ${Math.round(alone)}/s, engine ${Math.round(engine)}/s, ` +
      `ratio ${(engine / alone).toFixed(2)}, ${cpuUs.toFixed(1)} us of processor a trade, ` +
      `${ran.commits} commits, resident ${Math.round(Deno.memoryUsage().rss / 1e6)} MB`,
  );
}
print(`median ratio ${median(ratios).toFixed(2)}`);
