/** Our batches are those of cassandra-driver, byte by byte. */
import assert from "node:assert/strict";
import { types } from "cassandra-driver";
import { batchesOf } from "../../src/cassandra/batches.ts";
import { BatchRequest } from "../../src/cassandra/internals.ts";
import { tableNames } from "../../src/cassandra/names.ts";
import {
  type Insert,
  insertAverage,
  insertCandle,
  insertTrade,
  insertTradeOfDay,
} from "../../src/cassandra/statements.ts";
import type { TradeRow, WindowRow } from "../../src/market/rows.ts";
import { frameByDriver, preparedAs, protocolVersion } from "../support/batch_frames.ts";
import { fc } from "../support/properties.ts";

const names = tableNames({ keyspace: "k", tradeTable: "t", summaryTable: "r" });

const text = fc.string({ unit: "binary", maxLength: 40 });
const symbol = fc.oneof(fc.constantFrom("AAPL", "BINANCE:BTCUSDT"), text);
const any = fc.double();
const orNull = fc.option(any);
/** Far beyond what the market gives, on both sides of 1970 and of 32 bits. */
const timeMs = fc.integer({ min: -(2 ** 42), max: 2 ** 42 });
const versionUs = fc.maxSafeInteger();

const trade: fc.Arbitrary<TradeRow> = fc.record({
  kind: fc.constant("trade" as const),
  symbol,
  tradeTimeMs: timeMs,
  tradeId: fc.bigInt({ min: -(2n ** 63n), max: 2n ** 63n - 1n }),
  price: any,
  volume: any,
  conditions: fc.option(text),
  receivedAtMs: timeMs,
  versionUs,
});

const window: fc.Arbitrary<WindowRow> = fc.record({
  kind: fc.constant("window" as const),
  symbol,
  sizeMs: fc.constantFrom(15_000, 60_000, 300_000, 3_600_000, 86_400_000),
  startMs: timeMs,
  endMs: timeMs,
  open: orNull,
  high: orNull,
  low: orNull,
  close: orNull,
  volume: any,
  count: fc.maxSafeInteger(),
  priceVolumeMultiply: any,
  vwap: orNull,
  final: fc.boolean(),
  receivedAtMs: timeMs,
  versionUs,
});

function sameBytes<Row extends { readonly versionUs: number }>(
  row: fc.Arbitrary<Row>,
  insert: Insert<Row>,
): void {
  const rows = fc.array(row, { minLength: 1, maxLength: 5 });
  const streamId = fc.integer({ min: 0, max: 32_767 });
  fc.assert(fc.property(rows, streamId, (rows, streamId) => {
    const groups = Map.groupBy(rows, insert.partitionOf).values().toArray();
    const batches = [...batchesOf(rows, insert, preparedAs(insert.query))];
    const frames = batches.map((batch) =>
      new BatchRequest(batch, types.consistencies.localQuorum).write({ protocolVersion }, streamId)
    );
    assert.deepEqual(frames, groups.map((group) => frameByDriver(group, insert, streamId)));
  }));
}

Deno.test("BatchRequest writes trades as cassandra-driver does", () => {
  sameBytes(trade, insertTrade(names, 604_800));
});

Deno.test("BatchRequest writes trades by day as cassandra-driver does", () => {
  sameBytes(trade, insertTradeOfDay(names));
});

Deno.test("BatchRequest writes averages as cassandra-driver does", () => {
  sameBytes(window, insertAverage(names, 604_800));
});

Deno.test("BatchRequest writes candles as cassandra-driver does", () => {
  sameBytes(window, insertCandle(names));
});
