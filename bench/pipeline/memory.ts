/**
 * Memory of a long run: as much after ten million trades as after one.
 *
 *     KAFKA_URL=127.0.0.1:9092 deno task dev bench:engine bench/pipeline/memory.ts
 *
 * The trades are written by this process and processed by another one, whose memory is read after
 * commits, once its garbage is collected.
 */
import { benchOptions } from "../bench_options.ts";
import { seededRandom } from "../../src/base/random.ts";
import type { Trade } from "../../src/market/trade.ts";
import { print } from "../../scripts/lib/print.ts";
import { firstMs, MarketBench } from "./market_bench.ts";

const values = benchOptions({
  measures: "Memory of a long run.",
  command: "bench:engine bench/pipeline/memory.ts",
}, {
  millions: { type: "string", default: "10", says: "how many million trades" },
  symbols: { type: "string", default: "200", says: "of how many symbols" },
  topic: { type: "string", says: "processes an existing topic; for the other process" },
});
const million = 1_000_000;
const tradeCount = Number(values.millions) * million;

function* trades(): Generator<Trade[]> {
  const random = seededRandom(1);
  for (let i = 0; i < tradeCount; i++) {
    const symbol = `S${Math.floor(random.next() * Number(values.symbols))}`;
    const eventTimeMs = firstMs + Math.floor(i / 10);
    yield [{ symbol, price: 100 + random.next(), volume: 1, eventTimeMs, conditions: ["1"] }];
  }
}

async function processTrades(topic: string): Promise<void> {
  await using bench = await MarketBench.create(1, topic);
  const folder = await Deno.makeTempDir({ prefix: "bench-" });
  let due = million;
  await bench.run({
    application: topic,
    folder,
    graceMs: 60_000,
    records: tradeCount,
    onCommitted(aggregated) {
      if (aggregated < due) return;
      while (due <= aggregated) due += million;
      (globalThis as unknown as { gc(): void }).gc();
      const { rss, heapUsed, external } = Deno.memoryUsage();
      const [all, heap, outside] = [rss, heapUsed, external].map((bytes) =>
        Math.round(bytes / 1e6)
      );
      print(
        `after ${aggregated} trades: resident ${all} MB, heap ${heap} MB, outside it ${outside} MB`,
      );
    },
  });
  await Deno.remove(folder, { recursive: true });
}

async function writeTrades(): Promise<void> {
  await using bench = await MarketBench.create();
  await bench.fill(trades());
  const self = new URL(import.meta.url).pathname;
  const args = [
    "run",
    "-A",
    "--v8-flags=--expose-gc",
    self,
    ...Deno.args,
    "--topic",
    bench.topic,
  ];
  const { success } = await new Deno.Command(Deno.execPath(), { args, stdout: "inherit" }).output();
  if (!success) Deno.exit(1);
}

if (values.topic === undefined) await writeTrades();
else await processTrades(values.topic);
