import assert from "node:assert/strict";
import { batchBytesMax, batchesOf, batchRowsMax } from "../../../src/cassandra/batches.ts";
import { tableNames } from "../../../src/cassandra/names.ts";
import {
  bigintToLong,
  insertAverage,
  insertCandle,
  insertTrade,
  insertTradeOfDay,
} from "../../../src/cassandra/statements.ts";
import { rowsStartMs, tradeRowWith, windowRowWith } from "../../support/market_rows.ts";

const names = tableNames({ keyspace: "k", tradeTable: "t", summaryTable: "r" });

/** Bound values as text, so that the driver's own types can be compared. */
function texts(params: readonly unknown[]): string[] {
  return params.map(String);
}

Deno.test("batchesOf() binds every column, the write time and the time to live", () => {
  const row = tradeRowWith();
  const [[statement] = []] = batchesOf([row], insertTrade(names, 604_800));
  assert.equal(
    statement?.query,
    "INSERT INTO k.t (symbol, trade_timestamp, trade_id, price, volume, trade_conditions, " +
      "ingest_timestamp) VALUES (?, ?, ?, ?, ?, ?, ?) USING TIMESTAMP ? AND TTL ?",
  );
  assert.deepEqual(
    texts(statement?.params ?? []),
    texts([
      row.symbol,
      row.tradeTimeMs,
      row.tradeId,
      row.price,
      row.volume,
      row.conditions,
      row.receivedAtMs,
      row.versionUs,
      604_800,
    ]),
  );
});

Deno.test("batchesOf() binds the columns of a window, nulls included", () => {
  const row = windowRowWith({ open: null, vwap: null, final: true });
  const [[statement] = []] = batchesOf([row], insertCandle(names));
  assert.deepEqual(texts(statement?.params ?? []), [
    "BINANCE:BTCUSDT",
    "15s",
    "2025-03-10",
    ...texts([row.startMs, row.endMs, null, row.high, row.low, row.close, row.volume, row.count]),
    ...texts([row.priceVolumeMultiply, null, true, row.receivedAtMs, row.versionUs, 0]),
  ]);
});

Deno.test("batchesOf() binds as many values as a statement has places", () => {
  const window = windowRowWith();
  const statements = [
    ...batchesOf([tradeRowWith()], insertTradeOfDay(names)),
    ...batchesOf([window], insertAverage(names, 0)),
    ...batchesOf([window], insertCandle(names)),
  ].flat();
  for (const { query, params } of statements) {
    assert.equal(params.length, query.split("?").length - 1, query);
  }
});

Deno.test("batchesOf() writes no conditions as an empty text, never as a tombstone", () => {
  const [[statement] = []] = batchesOf(
    [tradeRowWith({ conditions: null })],
    insertTrade(names, 0),
  );
  assert.ok(statement?.params.includes(""));
  assert.ok(!statement?.params.includes(null));
});

Deno.test("batchesOf() keeps partitions apart", () => {
  const rows = ["A", "B", "A", "B", "C"].map((symbol) => tradeRowWith({ symbol }));
  const batches = batchesOf(rows, insertTrade(names, 0));
  assert.deepEqual(batches.map((batch) => batch.map(({ params }) => params[0])), [
    ["A", "A"],
    ["B", "B"],
    ["C"],
  ]);
});

Deno.test("batchesOf() keeps the days of the history apart, by the trade's time", () => {
  const rows = [0, 59_999, 60_000].map((ms) => tradeRowWith({ tradeTimeMs: rowsStartMs + ms }));
  const batches = batchesOf(rows, insertTradeOfDay(names));
  assert.deepEqual(batches.map((batch) => batch.map(({ params }) => String(params[1]))), [
    ["2025-03-10", "2025-03-10"],
    ["2025-03-11"],
  ]);
});

Deno.test("batchesOf() bounds the rows of a batch", () => {
  const rows = Array.from(
    { length: 2 * batchRowsMax + 1 },
    (_, i) => tradeRowWith({ symbol: "A", tradeId: BigInt(i) }),
  );
  const batches = batchesOf(rows, insertTrade(names, 0));
  assert.deepEqual(batches.map((batch) => batch.length), [batchRowsMax, batchRowsMax, 1]);
});

Deno.test("batchesOf() bounds the bytes of a batch, and passes a row that exceeds them", () => {
  const conditions = "1".repeat(batchBytesMax / 10);
  const long = tradeRowWith({ conditions: "1".repeat(batchBytesMax) });
  const rows = [long, ...Array.from({ length: 7 }, () => tradeRowWith({ conditions }))];
  const batches = batchesOf(rows, insertTrade(names, 0));
  assert.deepEqual(batches.map((batch) => batch.length), [1, 3, 3, 1]);
});

Deno.test.each([[0n], [1n], [65_537n], [2n ** 53n + 1n], [2n ** 63n - 1n], [-1n]])(
  "bigintToLong() keeps %s",
  (value) => {
    assert.equal(bigintToLong(value).toString(), String(value));
  },
);
