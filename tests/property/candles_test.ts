/** Candles are the merge of the 15-second windows at every commit, whatever happens between. */
import assert from "node:assert/strict";
import type { Candle } from "../../src/market/candle.ts";
import type { MarketRow, WindowRow } from "../../src/market/rows.ts";
import { marketJob } from "../../src/market/job.ts";
import type { Trade } from "../../src/market/trade.ts";
import { json } from "../../src/streams/topology/codecs.ts";
import { TopologyTestDriver } from "../../src/streams/testing/mod.ts";
import { jsonTradeCodec } from "../support/json_trade_codec.ts";
import { candlesOf, sizesMs } from "../support/plain_candles.ts";
import { fc } from "../support/properties.ts";

type Driver = TopologyTestDriver<Trade, Candle, MarketRow>;

const graceMs = 30_000;
const startMs = Date.UTC(2024, 0, 2, 22, 50);

/** A record of trades, and what follows it. */
interface Step {
  readonly symbol: string;
  /** How much the time of the input moves before it. */
  readonly afterMs: number;
  readonly trades: readonly { behindMs: number; price: number; volume: number }[];
  readonly then: "nothing" | "commit" | "crash" | "lose" | "stop";
}

const step: fc.Arbitrary<Step> = fc.record({
  symbol: fc.constantFrom("AAPL", "BINANCE:BTCUSDT"),
  afterMs: fc.oneof(
    { weight: 12, arbitrary: fc.integer({ min: 0, max: 20_000 }) },
    { weight: 2, arbitrary: fc.constantFrom(60_000, 300_000) },
    { weight: 1, arbitrary: fc.constantFrom(3_600_000, 90_000_000) },
  ),
  trades: fc.array(
    fc.record({
      behindMs: fc.oneof(fc.constant(0), fc.integer({ min: 0, max: 50_000 })),
      price: fc.integer({ min: 1, max: 9_000_000 }).map((cents) => cents / 100),
      volume: fc.integer({ min: 0, max: 1_000_000 }).map((thousandths) => thousandths / 1_000),
    }),
    { minLength: 1, maxLength: 4 },
  ),
  then: fc.oneof(
    { weight: 4, arbitrary: fc.constant("nothing" as const) },
    { weight: 3, arbitrary: fc.constant("commit" as const) },
    { weight: 2, arbitrary: fc.constantFrom("crash" as const, "lose" as const, "stop" as const) },
  ),
});

function startDriver(retentionMs: number): Promise<Driver> {
  const job = marketJob({
    topic: "trades",
    graceMs,
    retentionMs,
    maxFutureMs: 60_000,
    conditionPolicy: "all",
    tradeRows: false,
    tradeCodec: jsonTradeCodec,
    windowCodec: json(),
  });
  return TopologyTestDriver.start(job, { startMs });
}

/** What the sink shows: the newest version of each window. */
function shown(driver: Driver): Map<string, Omit<WindowRow, "receivedAtMs" | "versionUs">> {
  const newest = new Map<string, WindowRow>();
  for (const row of driver.rows) {
    if (row.kind !== "window") continue;
    const id = `${row.symbol} ${row.sizeMs} ${row.startMs}`;
    const before = newest.get(id);
    if (before === undefined || row.versionUs > before.versionUs) newest.set(id, row);
    else if (row.versionUs === before.versionUs) assert.deepEqual(row, before);
  }
  return new Map(
    [...newest].sort().map(([id, { receivedAtMs: _, versionUs: __, ...row }]) => [id, row]),
  );
}

function assertCandles(driver: Driver, trades: readonly Trade[]): void {
  assert.deepEqual(shown(driver), new Map([...candlesOf(trades, graceMs)].sort()));
}

async function play(driver: Driver, steps: readonly Step[]): Promise<void> {
  const trades: Trade[] = [];
  let nowMs = startMs;
  for (const { symbol, afterMs, trades: drawn, then } of steps) {
    nowMs += afterMs;
    const record = drawn.map(({ behindMs, price, volume }): Trade => (
      { symbol, price, volume, eventTimeMs: nowMs - behindMs, conditions: null }
    ));
    trades.push(...record);
    await driver.pipe({ key: symbol, value: jsonTradeCodec.encode(record), timestampMs: nowMs });
    if (then === "nothing") continue;
    if (then === "commit") await driver.commit();
    else if (then === "stop") await driver.stop();
    else await driver.crash(0, { state: then === "lose" ? "deleted" : "kept" });
    if (then === "commit" || then === "stop") assertCandles(driver, trades);
    if (then !== "commit") await driver.restart();
  }
  await driver.commit();
  assertCandles(driver, trades);
}

Deno.test("marketJob() makes candles that equal the merge of the windows at every commit", async () => {
  const property = fc.asyncProperty(
    fc.array(step, { minLength: 1, maxLength: 60, size: "max" }),
    fc.constantFrom(60_000 + graceMs, 86_400_000),
    async (steps, retentionMs) => {
      await using driver = await startDriver(retentionMs);
      await play(driver, steps);
    },
  );
  await fc.assert(property, { numRuns: 100, endOnFailure: true });
});

Deno.test("marketJob() makes candles that do not depend on where commits fall", async () => {
  const property = fc.asyncProperty(
    fc.array(step, { minLength: 1, maxLength: 60, size: "max" }),
    async (steps) => {
      await using shaken = await startDriver(60_000 + graceMs);
      await using calm = await startDriver(60_000 + graceMs);
      await play(shaken, steps);
      await play(calm, steps.map((one) => ({ ...one, then: "nothing" })));
      for (const symbol of ["AAPL", "BINANCE:BTCUSDT"]) {
        for (const sizeMs of sizesMs) {
          const [a, b] = [shaken, calm].map((driver) => driver.windows(symbol, { sizeMs }));
          assert.deepEqual(await a, await b);
        }
      }
    },
  );
  await fc.assert(property, { numRuns: 40, endOnFailure: true });
});
