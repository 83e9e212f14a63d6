import assert from "node:assert/strict";
import type { DatabaseSync } from "node:sqlite";
import { openDatabase } from "../../../src/sqlite/database.ts";
import { SqliteSink } from "../../../src/sqlite/sink.ts";
import { rowsStartMs, tradeRowWith, windowRowWith } from "../../support/market_rows.ts";

function openSink(): { database: DatabaseSync; sink: SqliteSink } & Disposable {
  const database = openDatabase(":memory:");
  const sink = new SqliteSink(database, {
    path: ":memory:",
    tradesTables: ["recent", "history"],
    tradesTtlSeconds: 0,
    clock: { nowMs: () => 0, monotonicMs: () => 0, sleep: () => Promise.resolve() },
  });
  return { database, sink, [Symbol.dispose]: () => database.close() };
}

Deno.test("SqliteSink.write() files trades under the UTC date of the trade", async () => {
  using under = openSink();
  await under.sink.write([
    tradeRowWith({ tradeTimeMs: rowsStartMs + 59_999 }),
    tradeRowWith({ tradeTimeMs: rowsStartMs + 60_000 }),
  ]);
  const dates = under.database.prepare("SELECT trade_date FROM trades_by_day ORDER BY 1").all();
  assert.deepEqual(dates.map((row) => row["trade_date"]), ["2025-03-10", "2025-03-11"]);
});

Deno.test("SqliteSink.write() keeps every window length in candles, by its name", async () => {
  using under = openSink();
  await under.sink.write([15_000, 60_000, 86_400_000].map((sizeMs) => windowRowWith({ sizeMs })));
  const found = under.database.prepare("SELECT resolution FROM candles ORDER BY window_end").all();
  assert.deepEqual(found.map((row) => row["resolution"]), ["15s", "1m", "1d"]);
});

Deno.test("SqliteSink.write() writes all rows or none", async () => {
  using under = openSink();
  const impossible = tradeRowWith({ tradeId: 2n, price: NaN });
  await assert.rejects(under.sink.write([tradeRowWith(), impossible]), {
    code: "SINK_REJECTED",
    message: /Cannot write 2 rows in SQLite file ":memory:": .*price/,
  });
  assert.equal(under.database.prepare("SELECT * FROM trades").all().length, 0);
});

Deno.test("SqliteSink.write() can continue after a write that failed", async () => {
  using under = openSink();
  await assert.rejects(under.sink.write([tradeRowWith({ price: NaN })]));
  await under.sink.write([tradeRowWith()]);
  assert.equal(under.database.prepare("SELECT * FROM trades").all().length, 1);
});
