import assert from "node:assert/strict";
import {
  expectedShapes,
  shapeFault,
  type TableRole,
  type TableShape,
} from "../../../src/cassandra/table_shapes.ts";

const roles = Object.keys(expectedShapes) as TableRole[];

Deno.test.each(roles.map((role) => [role]))("shapeFault() finds no fault in our own %s", (role) => {
  assert.equal(shapeFault(role, expectedShapes[role]), undefined);
});

Deno.test("shapeFault() lets a table have more columns than ours", () => {
  const { columns, ...key } = expectedShapes.trades;
  assert.equal(shapeFault("trades", { ...key, columns: [...columns, "note"] }), undefined);
});

/** The tables of the Spark pipeline. */
const olderTrades: TableShape = {
  partitionKey: ["symbol"],
  clusteringKey: ["trade_timestamp"],
  columns: ["trade_conditions", "price", "volume", "ingest_timestamp"],
};
const olderAverages: TableShape = {
  partitionKey: ["symbol"],
  clusteringKey: ["ingest_timestamp"],
  columns: ["price_volume_multiply"],
};

Deno.test("shapeFault() knows the older trades table, what it loses, and both remedies", () => {
  assert.equal(
    shapeFault("trades", olderTrades),
    "its primary key must be ((symbol), trade_timestamp, trade_id): " +
      "it is ((symbol), trade_timestamp), the older layout of the Spark pipeline, with which " +
      "trades of one symbol in the same millisecond overwrite each other, which loses every " +
      "second trade of a busy millisecond; docs/MIGRATION.md shows how to replace it; " +
      "set CASSANDRA_TRADE_TABLE to a new name, or copy what " +
      'you need and drop the old table, then run "deno task provision"',
  );
});

Deno.test("shapeFault() knows the older running averages, and both remedies", () => {
  const fault = shapeFault("runningAverages", olderAverages) ?? "";
  assert.match(fault, /it is \(\(symbol\), ingest_timestamp\), the older layout/);
  assert.match(fault, /set CASSANDRA_SUMMARY_TABLE to a new name, or copy .* and drop/);
});

Deno.test("shapeFault() of an unknown key tells no story about it", () => {
  const fault = shapeFault("trades", { ...olderTrades, partitionKey: ["uuid"] }) ?? "";
  assert.match(fault, /it is \(\(uuid\), trade_timestamp\); set CASSANDRA_TRADE_TABLE/);
});

Deno.test("shapeFault() names the columns that are missing", () => {
  const fault = shapeFault("candles", { ...expectedShapes.candles, columns: ["open", "high"] });
  assert.match(fault ?? "", /must have the columns window_end, low, close/);
});
