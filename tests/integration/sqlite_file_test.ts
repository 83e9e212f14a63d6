import assert from "node:assert/strict";
import { DatabaseSync } from "node:sqlite";
import { systemClock } from "../../src/base/clock.ts";
import { openSqlite, type SqliteResults } from "../../src/sqlite/results.ts";
import { sinkContract } from "../contract/sink.ts";
import { tradeRowWith } from "../support/market_rows.ts";

const ignore = Deno.permissions.querySync({ name: "write" }).state !== "granted";

/** A path for a file that does not exist yet, in a folder of its own. */
async function newPath(): Promise<{ path: string } & AsyncDisposable> {
  const folder = await Deno.makeTempDir({ prefix: "results-" });
  return {
    path: `${folder}/results.db`,
    [Symbol.asyncDispose]: () => Deno.remove(folder, { recursive: true }),
  };
}

function open(path: string): SqliteResults {
  return openSqlite({
    path,
    tradesTables: ["recent", "history"],
    tradesTtlSeconds: 0,
    clock: systemClock,
  });
}

sinkContract("SqliteSink on a file", async (settings) => {
  const file = await newPath();
  const results = openSqlite({ path: file.path, tradesTtlSeconds: 604_800, ...settings });
  return {
    sink: results.sink,
    reader: results.reader,
    async [Symbol.asyncDispose]() {
      await results[Symbol.asyncDispose]();
      await file[Symbol.asyncDispose]();
    },
  };
}, { ignore });

Deno.test({
  name: "openSqlite() finds the rows of an earlier run",
  ignore,
  async fn() {
    await using file = await newPath();
    {
      await using results = open(file.path);
      await results.sink.write([tradeRowWith()]);
    }
    await using results = open(file.path);
    assert.deepEqual(await results.reader.trades("BINANCE:BTCUSDT", 5), [tradeRowWith()]);
  },
});

Deno.test({
  name: "openSqlite() lets another connection read while rows are written",
  ignore,
  async fn() {
    await using file = await newPath();
    await using results = open(file.path);
    const other = new DatabaseSync(file.path, { readOnly: true });
    const reading = other.prepare("SELECT count(*) AS n FROM trades").iterate();
    reading.next();
    await results.sink.write([tradeRowWith()]);
    reading.return?.();
    assert.equal(other.prepare("SELECT count(*) AS n FROM trades").get()?.["n"], 1);
    other.close();
  },
});

Deno.test({
  name: "SqliteSink.write() under another program's lock is SINK_UNAVAILABLE, then goes on",
  ignore,
  async fn() {
    await using file = await newPath();
    await using results = open(file.path);
    const other = new DatabaseSync(file.path);
    other.exec("BEGIN IMMEDIATE");
    await assert.rejects(results.sink.write([tradeRowWith()]), { code: "SINK_UNAVAILABLE" });
    other.exec("COMMIT");
    other.close();
    await results.sink.write([tradeRowWith()]);
  },
});

Deno.test({
  name: "openSqlite() refuses a file of a newer release",
  ignore,
  async fn() {
    await using file = await newPath();
    await open(file.path)[Symbol.asyncDispose]();
    change(file.path, "PRAGMA user_version = 99");
    assert.throws(() => open(file.path), { code: "SINK_REJECTED", message: /it is 99/ });
  },
});

Deno.test({
  name: "openSqlite() refuses a database of another program, and leaves it as it is",
  ignore,
  async fn() {
    await using file = await newPath();
    change(file.path, "CREATE TABLE trades (mine TEXT)");
    assert.throws(() => open(file.path), { code: "SINK_REJECTED", message: /another program/ });
    const other = new DatabaseSync(file.path);
    assert.equal(other.prepare("PRAGMA journal_mode").get()?.["journal_mode"], "delete");
    other.close();
  },
});

Deno.test({
  name: "openSqlite() refuses a file that is no database",
  ignore,
  async fn() {
    await using file = await newPath();
    await Deno.writeTextFile(file.path, "not a database at all; ".repeat(100));
    assert.throws(() => open(file.path), { code: "SINK_REJECTED", message: /not a database/ });
  },
});

Deno.test({
  name: "openSqlite() in a folder that does not exist says so",
  ignore,
  fn() {
    assert.throws(() => open("/nowhere/results.db"), {
      code: "SINK_REJECTED",
      message: /Cannot open results in SQLite file "\/nowhere\/results.db"/,
    });
  },
});

function change(path: string, statement: string): void {
  const database = new DatabaseSync(path);
  database.exec(statement);
  database.close();
}
