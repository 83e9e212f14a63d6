import assert from "node:assert/strict";
import { openDatabase } from "../../../src/sqlite/database.ts";
import { SqliteSink } from "../../../src/sqlite/sink.ts";
import { rowsStartMs, tradeRowWith, windowRowWith } from "../../support/market_rows.ts";

/** A sink whose rows live an hour, and whose time the test sets. */
function openSink(tradesTtlSeconds = 3_600) {
  const database = openDatabase(":memory:");
  const time = { nowMs: rowsStartMs };
  const sink = new SqliteSink(database, {
    path: ":memory:",
    tradesTables: ["recent", "history"],
    tradesTtlSeconds,
    clock: {
      nowMs: () => time.nowMs,
      monotonicMs: () => time.nowMs,
      sleep: () => Promise.resolve(),
    },
  });
  const count = (table: string) =>
    database.prepare(`SELECT count(*) AS n FROM ${table}`).get()?.["n"];
  return { sink, time, count, [Symbol.dispose]: () => database.close() };
}

const hourMs = 3_600_000;
const trade = tradeRowWith({ receivedAtMs: rowsStartMs });
const window = windowRowWith({ receivedAtMs: rowsStartMs });

/** A write that brings nothing new, so that a sweep can happen. */
const nothingNew = [windowRowWith({ sizeMs: 60_000, versionUs: 1 })];

Deno.test("Expiry deletes recent trades and running averages once they are too old", async () => {
  using under = openSink();
  await under.sink.write([trade, window]);
  under.time.nowMs += hourMs + 1;
  await under.sink.write(nothingNew);
  assert.deepEqual(["trades", "running_averages_15_sec"].map(under.count), [0, 0]);
});

Deno.test("Expiry keeps rows that are exactly as old as allowed", async () => {
  using under = openSink();
  await under.sink.write([trade]);
  under.time.nowMs += hourMs;
  await under.sink.write(nothingNew);
  assert.equal(under.count("trades"), 1);
});

Deno.test("Expiry keeps history and candles", async () => {
  using under = openSink();
  await under.sink.write([trade, window]);
  under.time.nowMs += 2 * hourMs;
  await under.sink.write(nothingNew);
  assert.deepEqual(["trades_by_day", "candles"].map(under.count), [1, 2]);
});

Deno.test("Expiry with a lifetime of 0 keeps everything", async () => {
  using under = openSink(0);
  await under.sink.write([trade]);
  under.time.nowMs += 1_000 * hourMs;
  await under.sink.write(nothingNew);
  assert.equal(under.count("trades"), 1);
});

Deno.test("Expiry looks once a minute", async () => {
  using under = openSink();
  await under.sink.write([{ ...trade, receivedAtMs: rowsStartMs - hourMs + 30_000 }]);
  under.time.nowMs += 59_999;
  await under.sink.write(nothingNew);
  assert.equal(under.count("trades"), 1);
  under.time.nowMs += 1;
  await under.sink.write(nothingNew);
  assert.equal(under.count("trades"), 0);
});

Deno.test("Expiry deletes a bounded number at a time, and continues with the next write", async () => {
  using under = openSink();
  const rows = Array.from({ length: 12_000 }, (_, i) => ({ ...trade, tradeId: BigInt(i) }));
  await under.sink.write(rows);
  under.time.nowMs += 2 * hourMs;
  const left: unknown[] = [];
  for (let i = 0; i < 3; i++) {
    await under.sink.write(nothingNew);
    left.push(under.count("trades"));
  }
  assert.deepEqual(left, [7_000, 2_000, 0]);
});
