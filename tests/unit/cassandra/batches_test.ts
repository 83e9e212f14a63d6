import assert from "node:assert/strict";
import type { Buffer } from "node:buffer";
import { types } from "cassandra-driver";
import {
  batchBytesMax,
  batchesOf,
  batchRowsMax,
  type BatchTarget,
  sharedBytesMax,
  sharedPartitionsMax,
} from "../../../src/cassandra/batches.ts";
import type { EncodedBatch } from "../../../src/cassandra/internals.ts";
import type { Insert } from "../../../src/cassandra/statements.ts";
import { tableNames } from "../../../src/cassandra/names.ts";
import { resolutionName } from "../../../src/market/tables.ts";
import {
  insertAverage,
  insertCandle,
  insertTrade,
  insertTradeOfDay,
} from "../../../src/cassandra/statements.ts";
import { preparedAs, statementsOf, textsOf } from "../../support/batch_frames.ts";
import { rowsStartMs, tradeRowWith, windowRowWith } from "../../support/market_rows.ts";

const names = tableNames({ keyspace: "k", tradeTable: "t", summaryTable: "r" });

/** As in a cluster where no two partitions lie on the same nodes. */
const apart: BatchTarget["keepersOf"] = (routingKey) => routingKey.toString("latin1");

/** As in a cluster where all partitions do. */
const together = () => "all";

function allBatches<Row extends { readonly versionUs: number }>(
  rows: readonly Row[],
  insert: Insert<Row>,
  keepersOf: BatchTarget["keepersOf"] = apart,
): EncodedBatch[] {
  return [...batchesOf(rows, insert, { statement: preparedAs(insert.query), keepersOf })];
}

/** Values of each statement as text, batch by batch. */
function allTexts<Row extends { readonly versionUs: number }>(
  rows: readonly Row[],
  insert: Insert<Row>,
): string[][][] {
  return allBatches(rows, insert).map(textsOf);
}

Deno.test("batchesOf() writes every column and the write time; the time to live is in the text", () => {
  const row = tradeRowWith();
  const insert = insertTrade(names, 604_800);
  assert.equal(
    insert.query,
    "INSERT INTO k.t (symbol, trade_timestamp, trade_id, price, volume, trade_conditions, " +
      "ingest_timestamp) VALUES (?, ?, ?, ?, ?, ?, ?) USING TIMESTAMP ? AND TTL 604800",
  );
  assert.deepEqual(allTexts([row], insert), [[[
    row.symbol,
    row.tradeTimeMs,
    row.tradeId,
    row.price,
    row.volume,
    row.conditions,
    row.receivedAtMs,
    row.versionUs,
  ].map(String)]]);
});

Deno.test("batchesOf() writes the columns of a window, nulls included", () => {
  const row = windowRowWith({ open: null, vwap: null, final: true });
  assert.deepEqual(allTexts([row], insertCandle(names)), [[[
    "BINANCE:BTCUSDT",
    resolutionName(row.sizeMs),
    "2025-03-10",
    ...[row.startMs, row.endMs, null, row.high, row.low, row.close, row.volume, row.count],
    ...[row.priceVolumeMultiply, null, true, row.receivedAtMs, row.versionUs],
  ].map(String)]]);
});

Deno.test("batchesOf() writes as many values as a statement has places", () => {
  const window = windowRowWith();
  const batches = [
    ...allBatches([tradeRowWith()], insertTradeOfDay(names)),
    ...allBatches([window], insertAverage(names, 0)),
    ...allBatches([window], insertCandle(names)),
  ];
  for (const batch of batches) {
    const { query } = batch.statement;
    const [values] = statementsOf(batch);
    assert.equal(values?.length, query.split("?").length - 1, query);
  }
});

Deno.test("batchesOf() writes no conditions as an empty text, never as a tombstone", () => {
  const [batch] = allBatches([tradeRowWith({ conditions: null })], insertTrade(names, 0));
  const [values = []] = batch === undefined ? [] : statementsOf(batch);
  assert.ok(values.some((value) => value?.length === 0));
  assert.ok(!values.includes(null));
});

Deno.test("batchesOf() keeps partitions apart that different nodes keep", () => {
  const rows = ["A", "B", "A", "B", "C"].map((symbol) => tradeRowWith({ symbol }));
  const batches = allTexts(rows, insertTrade(names, 0));
  assert.deepEqual(batches.map((batch) => batch.map(([symbol]) => symbol)), [
    ["A", "A"],
    ["B", "B"],
    ["C"],
  ]);
});

Deno.test("batchesOf() lets partitions of the same nodes share batches", () => {
  const rows = ["A", "B", "A", "C", "D"].map((symbol) => tradeRowWith({ symbol }));
  const keepersOf = (routingKey: Buffer) => "AD".includes(routingKey.toString()) ? "1,2" : "2,3";
  const batches = allBatches(rows, insertTrade(names, 0), keepersOf);
  const symbols = batches.map(textsOf).map((batch) => batch.map(([symbol]) => symbol));
  assert.deepEqual(symbols, [["A", "A", "D"], ["B", "C"]]);
  assert.deepEqual(batches.map(({ routingKey }) => routingKey.toString()), ["A", "B"]);
});

Deno.test("batchesOf() bounds the partitions and the bytes of a batch of several", () => {
  const symbols = Array.from({ length: 2 * sharedPartitionsMax + 1 }, (_, i) => `S${i}`);
  const one = symbols.map((symbol) => tradeRowWith({ symbol }));
  const [first, second, third] = allBatches(one, insertTrade(names, 0), together);
  assert.equal(first?.count, sharedPartitionsMax);
  assert.equal(second?.count, sharedPartitionsMax);
  assert.equal(third?.routingKey.toString(), `S${2 * sharedPartitionsMax}`);
  const conditions = "1".repeat(sharedBytesMax / 3);
  const long = symbols.map((symbol) => tradeRowWith({ symbol, conditions }));
  const batches = allBatches(long, insertTrade(names, 0), together);
  assert.deepEqual(new Set(batches.slice(0, -1).map(({ count }) => count)), new Set([2]));
  assert.deepEqual(batches.flatMap(textsOf).map(([symbol]) => symbol), symbols);
});

Deno.test("batchesOf() lets a partition of many rows share its last batch alone", () => {
  const many = Array.from({ length: batchRowsMax + 1 }, () => tradeRowWith({ symbol: "A" }));
  const rows = [...many, tradeRowWith({ symbol: "B" })];
  const batches = allBatches(rows, insertTrade(names, 0), together);
  assert.deepEqual(batches.map(({ count }) => count), [batchRowsMax, 2]);
});

Deno.test("batchesOf() keeps the days of the history apart, by the trade's time", () => {
  const rows = [0, 59_999, 60_000].map((ms) => tradeRowWith({ tradeTimeMs: rowsStartMs + ms }));
  const batches = allTexts(rows, insertTradeOfDay(names));
  assert.deepEqual(batches.map((batch) => batch.map(([, date]) => date)), [
    ["2025-03-10", "2025-03-10"],
    ["2025-03-11"],
  ]);
});

Deno.test("batchesOf() writtens the rows of a batch", () => {
  const rows = Array.from(
    { length: 2 * batchRowsMax + 1 },
    (_, i) => tradeRowWith({ symbol: "A", tradeId: BigInt(i) }),
  );
  const batches = allBatches(rows, insertTrade(names, 0));
  assert.deepEqual(batches.map(({ count }) => count), [batchRowsMax, batchRowsMax, 1]);
});

Deno.test("batchesOf() writtens the bytes of a batch, and passes a row that exceeds them", () => {
  const conditions = "1".repeat(batchBytesMax / 4);
  const long = tradeRowWith({ conditions: "1".repeat(batchBytesMax) });
  const rows = [long, ...Array.from({ length: 7 }, () => tradeRowWith({ conditions })), long];
  const batches = allBatches(rows, insertTrade(names, 0));
  assert.deepEqual(batches.map(({ count }) => count), [1, 3, 3, 1, 1]);
  assert.deepEqual(
    batches.flatMap(textsOf).map((values) => values[5]),
    rows.map((row) => row.conditions),
  );
});

Deno.test("batchesOf() makes a batch only when it is asked for", () => {
  const written: string[] = [];
  const insert = insertTrade(names, 0);
  const rows = ["A", "B"].map((symbol) => tradeRowWith({ symbol }));
  const watched: typeof insert = {
    ...insert,
    valuesOf: (row) => {
      written.push(row.symbol);
      return insert.valuesOf(row);
    },
  };
  const statement = preparedAs(insert.query);
  const batches = batchesOf(rows, watched, { statement, keepersOf: apart });
  batches.next();
  assert.deepEqual(written, ["A"]);
});

Deno.test("batchesOf() routes by the partition key alone", () => {
  const row = tradeRowWith({ symbol: "AAPL", tradeTimeMs: rowsStartMs });
  const [recent] = allBatches([row], insertTrade(names, 0));
  const [ofDay] = allBatches([row], insertTradeOfDay(names));
  assert.equal(recent?.routingKey.toString("latin1"), "AAPL");
  // Two parts, each between its length and a 0; the day is 20,157 after 2^31.
  assert.equal(ofDay?.routingKey.toString("latin1"), "\0\x04AAPL\0\0\x04\x80\0\x4e\xbd\0");
});

Deno.test("batchesOf() refuses a table whose column is of another type", () => {
  const insert = insertTrade(names, 0);
  const prepared = preparedAs(insert.query);
  const places = prepared.places.map((place) =>
    place.name === "price" ? { ...place, type: { code: types.dataTypes.decimal } } : place
  );
  const statement = { ...prepared, places };
  const batches = batchesOf([tradeRowWith()], insert, { statement, keepersOf: apart });
  assert.throws(() => batches.next(), {
    code: "SINK_REJECTED",
    message: /^Cannot write column "price" as its type must be .*: it is decimal; .*provision/,
  });
});

Deno.test.each([
  { why: "fractions", row: { receivedAtMs: 0.5 } },
  { why: "inexact numbers", row: { versionUs: 2 ** 53 } },
  { why: "what is no number", row: { price: "9" as unknown as number } },
  { why: "what is no text", row: { conditions: 9 as unknown as string } },
])("batchesOf() refuses $why", ({ row }) => {
  const insert = insertTrade(names, 0);
  assert.throws(() => allBatches([tradeRowWith(row)], insert), /^TypeError: a value must be /);
});
