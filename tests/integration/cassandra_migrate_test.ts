import assert from "node:assert/strict";
import { type CassandraOptions, connectCassandra } from "../../src/cassandra/connect.ts";
import { migrate } from "../../src/cassandra/migrate.ts";
import { migrationFiles } from "../../src/cassandra/migration_files.ts";
import { tableNames } from "../../src/cassandra/names.ts";
import {
  cassandraExpected,
  cassandraOptions,
  dropKeyspace,
  newKeyspaceName,
  rawClient,
} from "../support/cassandra_keyspace.ts";
import { tradeRowWith } from "../support/market_rows.ts";

type Run = (options: CassandraOptions) => Promise<void>;

/** A test on a keyspace of its own, which does not exist at its start. */
function testOnKeyspace(name: string, run: Run): void {
  Deno.test({
    name,
    ignore: !cassandraExpected,
    async fn() {
      const keyspace = newKeyspaceName();
      try {
        await run(cassandraOptions(keyspace));
      } finally {
        await dropKeyspace(keyspace);
      }
    },
  });
}

const fileNames = migrationFiles.map(({ name }) => name);

testOnKeyspace("migrate() applies every file once, in order", async (options) => {
  await using results = await connectCassandra(options);
  const first = await results.migrate();
  assert.deepEqual(first.outcomes.map(({ file }) => file), fileNames);
  assert.ok(first.outcomes.every(({ outcome }) => outcome === "applied"));
  const second = await results.migrate();
  assert.deepEqual(second.outcomes.map(({ file }) => file), fileNames);
  assert.ok(second.outcomes.every(({ outcome }) => outcome === "already there"));
  assert.equal(second.keyspace, options.keyspace);
});

testOnKeyspace("migrate() may run twice at once", async (options) => {
  await using one = await connectCassandra(options);
  await using two = await connectCassandra(options);
  const reports = await Promise.all([one.migrate(), two.migrate()]);
  const applied = reports.flatMap(({ outcomes }) => outcomes)
    .filter(({ outcome }) => outcome === "applied").map(({ file }) => file);
  assert.deepEqual(applied.toSorted(), fileNames);
  await one.sink.write([tradeRowWith()]);
  assert.deepEqual(await two.reader.trades("BINANCE:BTCUSDT", 1), [tradeRowWith()]);
});

testOnKeyspace(
  "migrate() makes tables again that were dropped, whatever is noted",
  async (options) => {
    await using results = await connectCassandra(options);
    await results.migrate();
    await using raw = await rawClient();
    for (const table of ["trades", "candles"]) {
      await raw.client.execute(`DROP TABLE ${options.keyspace}.${table}`);
    }
    const { outcomes } = await results.migrate();
    const applied = outcomes.filter(({ outcome }) => outcome === "applied").map(({ file }) => file);
    assert.deepEqual(applied, ["002_trades.cql", "005_candles.cql", "006_trades_gc_grace.cql"]);
    await results.verify();
    await results.sink.write([tradeRowWith()]);
    const again = await results.migrate();
    assert.ok(again.outcomes.every(({ outcome }) => outcome === "already there"));
  },
);

testOnKeyspace("migrate() makes a table that got a new name", async (options) => {
  await using results = await connectCassandra(options);
  await results.migrate();
  await using renamed = await connectCassandra({ ...options, tradeTable: "trades_2" });
  const { outcomes } = await renamed.migrate();
  const applied = outcomes.filter(({ outcome }) => outcome === "applied");
  assert.deepEqual(applied, [
    { file: "002_trades.cql", target: "trades_2", outcome: "applied" },
    { file: "006_trades_gc_grace.cql", target: "trades_2", outcome: "applied" },
  ]);
  await renamed.sink.write([tradeRowWith()]);
  assert.deepEqual(await renamed.reader.trades("BINANCE:BTCUSDT", 1), [tradeRowWith()]);
  assert.deepEqual(await results.reader.trades("BINANCE:BTCUSDT", 1), []);
});

testOnKeyspace("migrate() lets expired rows go as soon as hints have", async (options) => {
  await using results = await connectCassandra(options);
  await results.migrate();
  await using raw = await rawClient();
  const { rows } = await raw.client.execute(
    "SELECT table_name, gc_grace_seconds FROM system_schema.tables WHERE keyspace_name = ?",
    [options.keyspace],
  );
  const graceOf = new Map(rows.map((row) => [row["table_name"], row["gc_grace_seconds"]]));
  const hintsS = 3 * 3_600;
  assert.equal(graceOf.get("trades"), hintsS);
  assert.equal(graceOf.get("running_averages_15_sec"), hintsS);
});

testOnKeyspace("migrate() refuses a file that was edited after it was applied", async (options) => {
  await using results = await connectCassandra(options);
  await results.migrate();
  await using raw = await rawClient();
  const files = migrationFiles.map((file) =>
    file.name === "005_candles.cql" ? { ...file, template: `${file.template}\n-- a change` } : file
  );
  const again = migrate(raw.client, {
    names: tableNames(options),
    replicationFactor: 1,
    datacenter: options.datacenter,
    clock: options.clock,
    files,
  });
  await assert.rejects(again, {
    code: "SINK_REJECTED",
    message: /"cql\/005_candles.cql".*changed/,
  });
});

testOnKeyspace("migrate() refuses the older trades table, and changes nothing", async (options) => {
  const { keyspace } = options;
  await using raw = await rawClient();
  await raw.client.execute(
    `CREATE KEYSPACE ${keyspace} WITH replication =
      {'class': 'SimpleStrategy', 'replication_factor': 1}`,
  );
  await raw.client.execute(
    `CREATE TABLE ${keyspace}.trades (symbol text, trade_conditions text, price double,
      volume double, trade_timestamp timestamp, ingest_timestamp timestamp,
      PRIMARY KEY ((symbol), trade_timestamp))
      WITH CLUSTERING ORDER BY (trade_timestamp DESC)`,
  );
  await using results = await connectCassandra(options);
  const refusal = {
    code: "SINK_REJECTED",
    message: /older layout of the Spark pipeline.*millisecond.*CASSANDRA_TRADE_TABLE.*drop/,
  };
  await assert.rejects(results.migrate(), refusal);
  await assert.rejects(results.verify(), refusal);
  const { rows } = await raw.client.execute(
    "SELECT table_name FROM system_schema.tables WHERE keyspace_name = ?",
    [keyspace],
  );
  assert.deepEqual(rows.map((row) => row["table_name"]), ["trades"]);
  await using renamed = await connectCassandra({ ...options, tradeTable: "trades_2" });
  await renamed.migrate();
  await renamed.sink.write([tradeRowWith()]);
});

testOnKeyspace("before provisioning, every use says what to run", async (options) => {
  const refusal = { code: "SINK_REJECTED", message: /"deno task provision"$/ };
  await using results = await connectCassandra(options);
  await assert.rejects(results.verify(), refusal);
  await assert.rejects(results.sink.write([tradeRowWith()]), refusal);
  await assert.rejects(results.reader.trades("BINANCE:BTCUSDT", 1), refusal);
  await results.ping();
});
