/** Our batches are those of cassandra-driver, byte by byte. */
import assert from "node:assert/strict";
import type { Buffer } from "node:buffer";
import { types } from "cassandra-driver";
import { batchesOf, sharedBytesMax, sharedPartitionsMax } from "../../src/cassandra/batches.ts";
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
import { frameByDriver, preparedAs, protocolVersion, textsOf } from "../support/batch_frames.ts";
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
    const statement = preparedAs(insert.query);
    const keepersOf = (routingKey: Buffer) => routingKey.toString("latin1");
    const batches = [...batchesOf(rows, insert, { statement, keepersOf })];
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

Deno.test("batchesOf() writes every row once, in the order of its partition, whatever is shared", () => {
  const insert = insertCandle(names);
  const statement = preparedAs(insert.query);
  const rows = fc.array(window, { minLength: 1, maxLength: 100 });
  fc.assert(fc.property(rows, fc.integer({ min: 1, max: 4 }), (rows, nodes) => {
    const keepersOf = (routingKey: Buffer) => String(routingKey.length % nodes);
    const batches = [...batchesOf(rows, insert, { statement, keepersOf })];
    const partitions = (of: readonly string[][]) =>
      Map.groupBy(of, (values) => values.slice(0, 3).join(" "));
    const alone = { statement, keepersOf: () => "all" };
    const written = rows.flatMap((row) => [...batchesOf([row], insert, alone)].flatMap(textsOf));
    assert.deepEqual(partitions(batches.flatMap(textsOf)), partitions(written));
    for (const batch of batches) {
      const of = partitions(textsOf(batch));
      if (of.size === 1) continue;
      assert.ok(of.size <= sharedPartitionsMax);
      assert.ok(batch.bytes.length <= sharedBytesMax);
    }
  }));
});
