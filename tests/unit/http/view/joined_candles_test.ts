/** History without an edge: what the state has dropped is in the tables, and one walk gives both. */
import assert from "node:assert/strict";
import { PipelineError } from "../../../../src/base/errors.ts";
import { joinedCandles } from "../../../../src/http/view/joined_candles.ts";
import type { CandleRange } from "../../../../src/http/ports.ts";
import { marketJob, windowRow } from "../../../../src/market/job.ts";
import type { Trade } from "../../../../src/market/trade.ts";
import { TopologyTestDriver } from "../../../../src/streams/testing/mod.ts";
import { json } from "../../../../src/streams/topology/codecs.ts";
import { expectedCandles, walkCandles } from "../../../support/candle_walk.ts";
import { jsonTradeCodec } from "../../../support/json_trade_codec.ts";
import { windowRowWith } from "../../../support/market_rows.ts";
import { MemorySink } from "../../../support/memory_sink.ts";
import { makeFrames, tradesOf, twoDays } from "../../../support/recordings.ts";
import { surface } from "../harness.ts";

const graceMs = 60_000;

/** Two days of trades through the job, whose state keeps an hour. */
async function afterTwoDays(trades: readonly Trade[]) {
  const job = marketJob({
    ...{ topic: "trades", graceMs, retentionMs: 3_600_000, maxFutureMs: 60_000 },
    ...{ conditionPolicy: "all", tradeRows: false },
    ...{ tradeCodec: jsonTradeCodec, windowCodec: json() },
  });
  const driver = await TopologyTestDriver.start(job, { startMs: trades[0]?.eventTimeMs ?? 0 });
  for (let i = 0; i < trades.length; i += 500) {
    const records = trades.slice(i, i + 500).map((trade) => ({
      key: trade.symbol,
      value: jsonTradeCodec.encode([trade]),
      timestampMs: trade.eventTimeMs,
    }));
    await driver.pipe(...records);
    await driver.commit();
  }
  const sink = new MemorySink();
  await sink.write(driver.rows);
  return { driver, sink };
}

Deno.test("/api/candles gives every window of two days in one walk, whatever the state has dropped", async () => {
  const trades = tradesOf(makeFrames(twoDays).lines);
  const { driver, sink } = await afterTwoDays(trades);
  await using _driver = driver;
  const { view, ask } = surface();
  view.candles = (symbol, { sizeMs, fromMs = 0, toMs = 8.64e15, limit }: CandleRange) =>
    joinedCandles({ fromMs, toMs, limit }, {
      state: async (query) =>
        (await driver.windows(symbol, { ...query, sizeMs })).map((one) => windowRow(one)).reverse(),
      kept: (query) => sink.candles(symbol, sizeMs, query),
      place: "sqlite",
    });
  for (const [path, expected] of expectedCandles(trades, graceMs)) {
    const { candles, places } = await walkCandles(ask, `${path}&limit=499`);
    assert.deepEqual(candles, expected, path);
    if (path.endsWith("15s")) assert.deepEqual(places, new Set(["state", "sqlite"]), path);
  }
});

/** Two windows in the state, and these with the one before in the tables. */
const [newer, older, oldest] = [2, 1, 0].map((n) => windowRowWith({ startMs: n * 15_000 }));
const two = [newer, older].filter((row) => row !== undefined);

function twoPlaces(kept: MemorySink["candles"] | Error) {
  return {
    state: () => Promise.resolve(two),
    kept: (query: Parameters<MemorySink["candles"]>[2]) =>
      kept instanceof Error ? Promise.reject(kept) : kept("BINANCE:BTCUSDT", 15_000, query),
    place: "cassandra",
  } as const;
}

Deno.test("joinedCandles() says which candles come from where", async () => {
  const sink = new MemorySink();
  await sink.write([oldest, older, newer].filter((row) => row !== undefined));
  const query = { fromMs: 0, toMs: 60_000, limit: 9 };
  const places = twoPlaces((...asked) => sink.candles(...asked));
  assert.deepEqual(await joinedCandles(query, places), {
    rows: [newer, older, oldest],
    restToMs: undefined,
    parts: [{ from: "state", count: 2 }, { from: "cassandra", count: 1 }],
  });
});

Deno.test("joinedCandles() does not ask the tables for what the state has", async () => {
  const unasked = twoPlaces(new Error("asked"));
  const full = { fromMs: 0, toMs: 60_000, limit: 2 };
  assert.equal((await joinedCandles(full, unasked)).restToMs, 15_000);
  const first = { fromMs: 15_000, toMs: 60_000, limit: 9 };
  assert.equal((await joinedCandles(first, unasked)).restToMs, undefined);
});

Deno.test("joinedCandles() gives what the state has while the tables cannot be read, and asks again for the rest", async () => {
  const query = { fromMs: 0, toMs: 60_000, limit: 9 };
  const passing = new PipelineError("SINK_UNAVAILABLE", "Cannot read rows");
  const parts = [{ from: "state", count: 2 }];
  assert.deepEqual(await joinedCandles(query, twoPlaces(passing)), {
    rows: two,
    restToMs: 15_000,
    parts,
  });
  await assert.rejects(joinedCandles(query, twoPlaces(new TypeError("bug"))), TypeError);
  const none = { ...twoPlaces(passing), state: () => Promise.resolve([]) };
  await assert.rejects(joinedCandles(query, none), { code: "SINK_UNAVAILABLE" });
});
