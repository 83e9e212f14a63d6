/** What a foreign writer may send to the topic, and that the next good trade counts all the same. */
import assert from "node:assert/strict";
import type { WindowRow } from "../../../src/market/rows.ts";
import type { Trade } from "../../../src/market/trade.ts";
import { decodeText, encodeText } from "../../../src/streams/text.ts";
import { type MarketDriver, marketDriver, marketStartMs } from "../../support/market_driver.ts";
import { tradeWith } from "../../support/trade_codecs.ts";

function trade(fields: Partial<Trade>): Trade {
  return tradeWith({ price: 100, volume: 1, eventTimeMs: marketStartMs, ...fields });
}

async function pipe({ driver, codec }: MarketDriver, ...trades: Trade[]): Promise<void> {
  const symbol = trades[0]?.symbol ?? "";
  await driver.pipe({ key: encodeText(symbol), value: codec.encode(trades) });
  await driver.commit();
}

function summaries({ driver }: MarketDriver): WindowRow[] {
  return driver.rows.filter((row) => row.kind === "window" && row.sizeMs === 15_000) as WindowRow[];
}

function causes({ driver }: MarketDriver): (string | undefined)[] {
  return driver.deadLetters.map(({ headers }) => decodeText(headers["cause"] ?? new Uint8Array()));
}

// Two finite trades, inf - inf: SQLite took no NaN and the task stopped, Cassandra showed it.
Deno.test("marketJob() lets no sum of trades become anything but a number", async () => {
  await using market = await marketDriver();
  const huge = [[1e308, 1e308], [-1e308, 10], [1e308, 1], [1e308, 1], [1e-200, 1e308]];
  await pipe(market, ...huge.map(([price = 0, volume = 0]) => trade({ price, volume })));
  await pipe(market, trade({}));
  assert.deepEqual(causes(market), Array(5).fill("impossible-value"));
  const [row] = summaries(market);
  assert.deepEqual([row?.priceVolumeMultiply, row?.vwap, row?.volume], [100, 100, 1]);
});

Deno.test("marketJob() computes with the greatest and the smallest trades that it takes", async () => {
  await using market = await marketDriver();
  const extremes = [
    ...[[1e15, 1], [1, 1e15], [-1e15, 1], [5e-324, 1e15], [-0.6, 5e-324], [1e15, 5e-324]],
  ].map(([price = 0, volume = 0]) => trade({ price, volume }));
  for (const one of extremes) await pipe(market, one, ...Array(1_000).fill(one));
  const rows = summaries(market);
  assert.equal(rows.length, extremes.length);
  for (const row of rows) {
    assert.ok(Number.isFinite(row.vwap) && Number.isFinite(row.priceVolumeMultiply));
  }
  assert.deepEqual(causes(market), []);
});

// 70,000 characters: Cassandra took no such key, the task stopped at each start.
Deno.test.each([
  { why: "70,000 characters", symbol: "A".repeat(70_000) },
  { why: "129 characters", symbol: "A".repeat(129) },
  { why: "a byte order mark", symbol: "\uFEFFAAPL" },
  { why: "a line feed", symbol: "AAPL\n" },
])("marketJob() makes a dead letter of a symbol with $why", async ({ symbol }) => {
  await using market = await marketDriver({ partitions: 2 });
  const record = { value: market.codec.encode([trade({ symbol }), trade({ symbol })]) };
  await market.driver.pipe(
    { ...record, key: symbol, partition: 0 },
    { ...record, key: null, partition: 1 },
  );
  await pipe(market, trade({}));
  assert.deepEqual(causes(market), Array(3).fill("impossible-value"));
  assert.equal(market.driver.log.visible("test-repartition").length, 0);
  assert.deepEqual(summaries(market).map((row) => [row.symbol, row.count]), [["AAPL", 1]]);
  const { read, aggregated, deadLetters } = market.driver.counts;
  assert.deepEqual({ read, aggregated, deadLetters }, { read: 4, aggregated: 1, deadLetters: 3 });
});

Deno.test("marketJob() sends no impossible trade on to the partition of its symbol", async () => {
  await using market = await marketDriver({ partitions: 2 });
  const record = { key: null, value: market.codec.encode([trade({ price: 1e308 })]) };
  await market.driver.pipe({ ...record, partition: 0 }, { ...record, partition: 1 });
  await pipe(market, trade({}));
  assert.deepEqual(causes(market), Array(2).fill("impossible-value"));
  assert.equal(market.driver.log.visible("test-repartition").length, 0);
});
