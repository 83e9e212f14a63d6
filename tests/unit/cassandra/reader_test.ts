import assert from "node:assert/strict";
import type { Client } from "cassandra-driver";
import { CassandraReader } from "../../../src/cassandra/reader.ts";
import { tableNames } from "../../../src/cassandra/names.ts";
import { SimulatedClock } from "../../../src/streams/testing/simulated_clock.ts";

const names = tableNames({ keyspace: "market", tradeTable: "trades", summaryTable: "summary" });
const minuteMs = 60_000;

/** Answers statements with rows, and counts them. */
class CountedTables {
  readonly reader: CassandraReader;
  statements = 0;

  constructor(rowsOf: (bucket: string) => readonly unknown[]) {
    const execute = (_query: string, [, , bucket]: readonly unknown[]) => {
      this.statements++;
      return Promise.resolve(typeof bucket === "string" ? rowsOf(bucket) : []);
    };
    const clock = new SimulatedClock();
    this.reader = new CassandraReader({ execute } as unknown as Client, {
      names,
      tradesTables: ["history"],
      clock,
    });
  }
}

/** The only candle of a month. */
function candleIn(bucket: string): unknown {
  const startMs = Date.parse(bucket);
  return {
    symbol: "A",
    window_start: new Date(startMs),
    window_end: new Date(startMs + minuteMs),
    ingest_timestamp: new Date(startMs),
  };
}

const everything = { fromMs: 0, toMs: Infinity, limit: 5_000 };

Deno.test("a page of candles costs at most 32 statements, and says where the next one begins", async () => {
  const tables = new CountedTables((bucket) => [candleIn(bucket)]);
  const { rows, restToMs } = await tables.reader.candles("A", minuteMs, everything);
  assert.equal(tables.statements, 32);
  assert.equal(rows.length, 32);
  assert.equal(restToMs, rows.at(-1)?.startMs);
});

Deno.test("a symbol without candles costs nine statements, its trades eight", async () => {
  const tables = new CountedTables(() => []);
  assert.deepEqual((await tables.reader.candles("A", minuteMs, everything)).rows, []);
  assert.equal(tables.statements, 9);
  assert.deepEqual(await tables.reader.trades("A", 1_000), []);
  assert.equal(tables.statements, 9 + 8);
});
