import assert from "node:assert/strict";
import { tableNames } from "../../../src/cassandra/names.ts";

const settings = {
  keyspace: "market",
  tradeTable: "trades",
  summaryTable: "running_averages_15_sec",
};

Deno.test("tableNames() takes the usual names", () => {
  assert.deepEqual(tableNames(settings), {
    keyspace: "market",
    trades: "trades",
    tradesByDay: "trades_by_day",
    runningAverages: "running_averages_15_sec",
    candles: "candles",
  });
});

Deno.test("tableNames() lowers names, as Cassandra does with unquoted ones", () => {
  const names = tableNames({ ...settings, keyspace: "Market", tradeTable: "Trades2" });
  assert.deepEqual([names.keyspace, names.trades], ["market", "trades2"]);
});

Deno.test.each([
  ["an injection", { tradeTable: "trades; DROP KEYSPACE market" }, /"trades; DROP/],
  ["a quote", { keyspace: '"Market"' }, /must be a letter/],
  ["an empty name", { summaryTable: "" }, /"" must be a letter/],
  ["a leading digit", { tradeTable: "1trades" }, /"1trades"/],
  ["49 characters", { tradeTable: "t".repeat(49) }, /at most 47/],
  ["a table of another role", { tradeTable: "Trades_By_Day" }, /must differ from the tables/],
  ["one table for both", { summaryTable: "TRADES" }, /must differ: both are "trades"/],
])("tableNames() refuses %s", (_why, change, message) => {
  assert.throws(() => tableNames({ ...settings, ...change }), { code: "CONFIG_INVALID", message });
});

Deno.test("tableNames() names every problem at once", () => {
  assert.throws(
    () => tableNames({ keyspace: "a-b", tradeTable: "c d", summaryTable: "candles" }),
    /"a-b".*"c d".*"candles"/,
  );
});
