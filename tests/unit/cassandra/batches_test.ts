import assert from "node:assert/strict";
import { Buffer } from "node:buffer";
import { types } from "cassandra-driver";
import {
  type Batch,
  batchBytesMax,
  batchesOf,
  batchRowsMax,
} from "../../../src/cassandra/batches.ts";
import type { Insert } from "../../../src/cassandra/statements.ts";
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

/** A date of a partition key, which is bound as bytes. */
function dateOf(bytes: unknown): string {
  assert.ok(bytes instanceof Buffer);
  return types.LocalDate.fromBuffer(bytes).toString();
}

function allBatches<Row extends { readonly symbol: string; readonly versionUs: number }>(
  rows: readonly Row[],
  insert: Insert<Row>,
): Batch[] {
  return [...batchesOf(rows, insert)];
}

Deno.test("batchesOf() binds every column and the write time; the time to live is in the text", () => {
  const row = tradeRowWith();
  const [[statement] = []] = allBatches([row], insertTrade(names, 604_800));
  assert.equal(
    statement?.query,
    "INSERT INTO k.t (symbol, trade_timestamp, trade_id, price, volume, trade_conditions, " +
      "ingest_timestamp) VALUES (?, ?, ?, ?, ?, ?, ?) USING TIMESTAMP ? AND TTL 604800",
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
    ]),
  );
});

Deno.test("batchesOf() binds the columns of a window, nulls included", () => {
  const row = windowRowWith({ open: null, vwap: null, final: true });
  const [[statement] = []] = allBatches([row], insertCandle(names));
  const [symbol, resolution, bucket, ...values] = statement?.params ?? [];
  assert.deepEqual([String(symbol), String(resolution)], ["BINANCE:BTCUSDT", "15s"]);
  assert.equal(dateOf(bucket), "2025-03-10");
  assert.deepEqual(texts(values), [
    ...texts([row.startMs, row.endMs, null, row.high, row.low, row.close, row.volume, row.count]),
    ...texts([row.priceVolumeMultiply, null, true, row.receivedAtMs, row.versionUs]),
  ]);
});

Deno.test("batchesOf() binds as many values as a statement has places", () => {
  const window = windowRowWith();
  const statements = [
    ...allBatches([tradeRowWith()], insertTradeOfDay(names)),
    ...allBatches([window], insertAverage(names, 0)),
    ...allBatches([window], insertCandle(names)),
  ].flat();
  for (const { query, params } of statements) {
    assert.equal(params.length, query.split("?").length - 1, query);
  }
});

Deno.test("batchesOf() writes no conditions as an empty text, never as a tombstone", () => {
  const [[statement] = []] = allBatches(
    [tradeRowWith({ conditions: null })],
    insertTrade(names, 0),
  );
  assert.ok(statement?.params.includes(""));
  assert.ok(!statement?.params.includes(null));
});

Deno.test("batchesOf() keeps partitions apart", () => {
  const rows = ["A", "B", "A", "B", "C"].map((symbol) => tradeRowWith({ symbol }));
  const batches = allBatches(rows, insertTrade(names, 0));
  assert.deepEqual(batches.map((batch) => batch.map(({ params }) => String(params[0]))), [
    ["A", "A"],
    ["B", "B"],
    ["C"],
  ]);
});

Deno.test("batchesOf() keeps the days of the history apart, by the trade's time", () => {
  const rows = [0, 59_999, 60_000].map((ms) => tradeRowWith({ tradeTimeMs: rowsStartMs + ms }));
  const batches = allBatches(rows, insertTradeOfDay(names));
  assert.deepEqual(batches.map((batch) => batch.map(({ params }) => dateOf(params[1]))), [
    ["2025-03-10", "2025-03-10"],
    ["2025-03-11"],
  ]);
});

Deno.test("batchesOf() bounds the rows of a batch", () => {
  const rows = Array.from(
    { length: 2 * batchRowsMax + 1 },
    (_, i) => tradeRowWith({ symbol: "A", tradeId: BigInt(i) }),
  );
  const batches = allBatches(rows, insertTrade(names, 0));
  assert.deepEqual(batches.map((batch) => batch.length), [batchRowsMax, batchRowsMax, 1]);
});

Deno.test("batchesOf() bounds the bytes of a batch, and passes a row that exceeds them", () => {
  const conditions = "1".repeat(batchBytesMax / 10);
  const long = tradeRowWith({ conditions: "1".repeat(batchBytesMax) });
  const rows = [long, ...Array.from({ length: 7 }, () => tradeRowWith({ conditions }))];
  const batches = allBatches(rows, insertTrade(names, 0));
  assert.deepEqual(batches.map((batch) => batch.length), [1, 3, 3, 1]);
});

Deno.test("batchesOf() binds a batch only when it is asked for", () => {
  const bound: string[] = [];
  const insert = insertTrade(names, 0);
  const rows = ["A", "B"].map((symbol) => tradeRowWith({ symbol }));
  const batches = batchesOf(rows, {
    ...insert,
    valuesOf: (row) => {
      bound.push(row.symbol);
      return insert.valuesOf(row);
    },
  });
  batches.next();
  assert.deepEqual(bound, ["A"]);
});

Deno.test.each([[0n], [1n], [65_537n], [2n ** 53n + 1n], [2n ** 63n - 1n], [-1n]])(
  "bigintToLong() keeps %s",
  (value) => {
    assert.equal(bigintToLong(value).toString(), String(value));
  },
);
