import assert from "node:assert/strict";
import { batchesOf, type BatchTarget } from "../../src/cassandra/batches.ts";
import { connectCassandra } from "../../src/cassandra/connect.ts";
import { prepareStatement } from "../../src/cassandra/internals.ts";
import { tableNames } from "../../src/cassandra/names.ts";
import { batchesInFlightMax, CassandraSink } from "../../src/cassandra/sink.ts";
import { insertCandle, insertTrade } from "../../src/cassandra/statements.ts";
import { dispositionOf } from "../../src/base/errors.ts";
import { sinkContract } from "../contract/sink.ts";
import {
  cassandraExpected,
  cassandraOptions,
  dropKeyspace,
  newKeyspaceName,
  rawClient,
} from "../support/cassandra_keyspace.ts";
import { tradeRowWith, windowRowWith } from "../support/market_rows.ts";
import { seconds } from "../support/seconds.ts";

const keyspace = newKeyspaceName();
const ignore = !cassandraExpected;

/** One keyspace for the whole suite: its tests use symbols of their own. */
Deno.test.beforeAll(async () => {
  if (ignore) return;
  await using results = await connectCassandra(cassandraOptions(keyspace));
  await results.migrate();
});

Deno.test.afterAll(async () => {
  if (!ignore) await dropKeyspace(keyspace);
});

sinkContract(
  "CassandraSink",
  (settings) => connectCassandra({ ...cassandraOptions(keyspace), ...settings }),
  { ignore },
);

Deno.test({
  name: "CassandraSink.write() goes on when the server has forgotten its statements",
  ignore,
  async fn() {
    await using results = await connectCassandra(cassandraOptions(keyspace));
    await using raw = await rawClient();
    const rows = [1n, 2n].map((tradeId) => tradeRowWith({ symbol: "forgotten", tradeId }));
    await results.sink.write(rows.slice(0, 1));
    // A change of a table ends the server's statements on it.
    await raw.client.execute(`ALTER TABLE ${keyspace}.trades ADD remark text`);
    await results.sink.write(rows.slice(1));
    assert.deepEqual(await results.reader.trades("forgotten", 9), rows.toReversed());
  },
});

Deno.test({
  name:
    "CassandraSink.write() names a table or column that was dropped, and continues when it is back",
  ignore,
  async fn() {
    await using results = await connectCassandra(cassandraOptions(keyspace));
    await using raw = await rawClient();
    const rows = [tradeRowWith({ symbol: "dropped" })];
    const refused = async (what: RegExp) => {
      const error = await results.sink.write(rows).then(() => undefined, (cause) => cause);
      assert.equal(error?.code, "SINK_REJECTED");
      assert.match(error.message, what);
      assert.match(error.message, /"deno task provision"$/);
      assert.equal(dispositionOf(error), "retry");
    };
    await results.sink.write(rows);
    await raw.client.execute(`DROP TABLE ${keyspace}.trades`);
    await refused(/table trades/);
    await results.migrate();
    await results.sink.write(rows);
    assert.deepEqual(await results.reader.trades("dropped", 9), rows);
    await raw.client.execute(`ALTER TABLE ${keyspace}.trades DROP volume`);
    await refused(/volume/);
    await raw.client.execute(`ALTER TABLE ${keyspace}.trades ADD volume double`);
    await results.sink.write(rows);
    // Values older than the column's end stay hidden.
    assert.equal((await results.reader.trades("dropped", 9)).length, 1);
  },
});

Deno.test({
  name: "batchesOf() routes by the token under which the server keeps the partition",
  ignore,
  async fn() {
    await using raw = await rawClient();
    const names = tableNames(cassandraOptions(keyspace));
    const trade = tradeRowWith({ symbol: "routed" });
    const window = windowRowWith({ symbol: "routed" });
    const recent = insertTrade(names, 0);
    const candle = insertCandle(names);
    const target = async (query: string): Promise<BatchTarget> => ({
      statement: await prepareStatement(raw.client, query),
      keepersOf: () => "the node",
    });
    const batches = [
      ...batchesOf([trade], recent, await target(recent.query)),
      ...batchesOf([window], candle, await target(candle.query)),
    ];
    await using results = await connectCassandra(cassandraOptions(keyspace));
    await results.sink.write([trade, window]);
    const tokens = [
      `SELECT token(symbol) FROM ${keyspace}.trades WHERE symbol = 'routed'`,
      `SELECT token(symbol, resolution, bucket) FROM ${keyspace}.candles
        WHERE symbol = 'routed' AND resolution = '15s' AND bucket = '2025-03-10'`,
    ].map(async (query) => String((await raw.client.execute(query)).first().values()[0]));
    assert.deepEqual(
      batches.map(({ routingKey }) => raw.client.metadata.newToken(routingKey).toString()),
      await Promise.all(tokens),
    );
  },
});

Deno.test({
  name: "CassandraSink.write() keeps one bound for the writes of all tasks",
  ignore,
  async fn() {
    await using raw = await rawClient();
    const options = cassandraOptions(keyspace);
    const sink = new CassandraSink(raw.client, { ...options, names: tableNames(options) });
    const rows = Array.from({ length: 300 }, (_, i) => tradeRowWith({ symbol: `bound ${i}` }));
    let writing = true;
    const writes = Promise.all(Array.from({ length: 4 }, () => sink.write(rows)))
      .finally(() => writing = false);
    let most = 0;
    while (writing) {
      const state = raw.client.getState();
      const [host] = state.getConnectedHosts();
      most = Math.max(most, host === undefined ? 0 : state.getInFlightQueries(host));
      await seconds(0);
    }
    await writes;
    assert.equal(most, batchesInFlightMax);
  },
});
