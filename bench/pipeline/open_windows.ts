/**
 * What many open windows cost: their rate beside that of a thousand, restoring and opening them.
 *
 *     KAFKA_URL=127.0.0.1:9092 deno task dev bench:engine bench/pipeline/open_windows.ts
 *
 * For each shape the windows are opened first, one trade in each. Then the same state is restored
 * into an empty folder, opened again, and meets the trades that are measured.
 */
import { benchOptions } from "../bench_options.ts";
import { type Random, seededRandom } from "../../src/base/random.ts";
import type { Trade } from "../../src/market/trade.ts";
import { print } from "../../scripts/lib/print.ts";
import { firstMs, MarketBench } from "./market_bench.ts";

const values = benchOptions({
  measures: "What many open windows cost: processing, restoring and opening them.",
  command: "bench:engine bench/pipeline/open_windows.ts",
}, {
  trades: { type: "string", default: "2000000", says: "how many trades" },
  shape: {
    type: "string",
    multiple: true,
    says: "one of the shapes, counted from 0; may be repeated; all without it",
  },
});
const tradeCount = Number(values.trades);
const windowMs = 15_000;

/** How open windows are spread over symbols, and trades over both. */
interface Shape {
  readonly symbols: number;
  /** Open windows of each symbol. */
  readonly windows: number;
  /** Trades of the symbol of rank r are in proportion to `1 / r ** skew`. */
  readonly skew: number;
}

const shapes: readonly Shape[] = [
  { symbols: 64, windows: 16, skew: 0 },
  { symbols: 200, windows: 5, skew: 0 },
  { symbols: 200, windows: 5, skew: 1 },
  { symbols: 64, windows: 15_625, skew: 0 },
  { symbols: 1_000, windows: 1_000, skew: 0 },
  { symbols: 200_000, windows: 5, skew: 1 },
  { symbols: 200_000, windows: 5, skew: 0 },
];

function trade(rank: number, eventTimeMs: number, random: Random): Trade[] {
  const price = 100 + random.next();
  const volume = 1 + Math.floor(random.next() * 100);
  return [{ symbol: `S${rank}`, price, volume, eventTimeMs, conditions: ["1"] }];
}

/** One trade in each window, window after window. */
function* opening({ symbols, windows }: Shape, random: Random): Generator<Trade[]> {
  for (let window = 0; window < windows; window++) {
    for (let rank = 0; rank < symbols; rank++) {
      yield trade(rank, firstMs + window * windowMs, random);
    }
  }
}

/** Trades of the last window and later, ten a millisecond. */
function* measured(shape: Shape, random: Random): Generator<Trade[]> {
  const draw = ranks(shape, random);
  const startMs = firstMs + (shape.windows - 1) * windowMs;
  for (let i = 0; i < tradeCount; i++) {
    yield trade(draw(), startMs + Math.floor(i / 10), random);
  }
}

/** Draws ranks by their weight. */
function ranks({ symbols, skew }: Shape, random: Random): () => number {
  const sums = new Float64Array(symbols);
  let sum = 0;
  for (let rank = 0; rank < symbols; rank++) {
    sum += (rank + 1) ** -skew;
    sums[rank] = sum;
  }
  const total = sums[symbols - 1] as number;
  return () => {
    const wanted = random.next() * total;
    let low = 0;
    for (let high = symbols - 1; low < high;) {
      const middle = (low + high) >>> 1;
      if ((sums[middle] as number) <= wanted) low = middle + 1;
      else high = middle;
    }
    return low;
  };
}

async function measure(shape: Shape): Promise<void> {
  const windows = shape.symbols * shape.windows;
  const random = seededRandom(1);
  await using bench = await MarketBench.create();
  await bench.fill(opening(shape, random));
  const folder = await Deno.makeTempDir({ prefix: "bench-" });
  const place = { application: bench.topic, folder, graceMs: shape.windows * windowMs };
  await bench.run({ ...place, records: windows });
  await Deno.remove(folder, { recursive: true });
  const restored = await bench.run({ ...place, records: 0 });
  const opened = await bench.run({ ...place, records: 0 });
  await bench.fill(measured(shape, random));
  const ran = await bench.run({ ...place, records: tradeCount });
  await Deno.remove(folder, { recursive: true });
  const { restoredRecords = 0, recordsPerSecond = 0 } = restored.restore ?? {};
  print(
    [
      `${shape.symbols} symbols x ${shape.windows} open windows, skew ${shape.skew}`.padEnd(44),
      `${Math.round(ran.aggregated * 1000 / ran.runningMs)} trades/s`,
      `restored ${restoredRecords} records at ${Math.round(recordsPerSecond)}/s`,
      `opened in ${Math.round(opened.openingMs)} ms`,
    ].join(", "),
  );
}

const chosen = values.shape?.map(Number) ?? shapes.keys();
for (const index of chosen) await measure(shapes[index] as Shape);
