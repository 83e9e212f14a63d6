import assert from "node:assert/strict";
import { systemClock } from "../../src/base/clock.ts";
import { dispositionOf } from "../../src/base/errors.ts";
import { connectCassandra } from "../../src/cassandra/connect.ts";
import {
  cassandraExpected,
  cassandraOptions,
  dropKeyspace,
  newKeyspaceName,
  rawClient,
} from "../support/cassandra_keyspace.ts";
import { rowsStartMs, tradeRowWith, windowRowWith } from "../support/market_rows.ts";
import { tcpProxy } from "../support/tcp_proxy.ts";

const ignore = !cassandraExpected;
const keyspace = newKeyspaceName();

Deno.test.beforeAll(async () => {
  if (ignore) return;
  await using results = await connectCassandra(cassandraOptions(keyspace));
  await results.migrate();
});

Deno.test.afterAll(async () => {
  if (!ignore) await dropKeyspace(keyspace);
});

Deno.test({
  name: "connectCassandra() with an unknown data centre names those that exist, and lets go",
  ignore,
  async fn() {
    const script = new URL("./fixtures/cassandra_wrong_data_center.ts", import.meta.url).pathname;
    const { datacenter } = cassandraOptions(keyspace);
    const child = new Deno.Command(Deno.execPath(), {
      args: ["run", "--allow-net", "--allow-env", script],
      stdout: "piped",
      stderr: "null",
      signal: AbortSignal.timeout(20_000),
    });
    const { success, stdout } = await child.output();
    assert.equal(
      new TextDecoder().decode(stdout),
      'Cannot use data centre "nowhere" as CASSANDRA_DATACENTER must be one of the cluster\'s: ' +
        datacenter,
    );
    assert.ok(success, "the process did not end by itself");
  },
});

Deno.test({
  name: "connectCassandra() where nobody listens is SINK_UNAVAILABLE",
  ignore,
  async fn() {
    const options = { ...cassandraOptions(keyspace), contactPoints: ["127.0.0.1"], port: 1 };
    await assert.rejects(connectCassandra(options), {
      code: "SINK_UNAVAILABLE",
      message: /^Cannot connect to Cassandra: no host answers \(127\.0\.0\.1:1 .*REFUSED/,
    });
  },
});

Deno.test({
  name: "connectCassandra() answers a ping and finds its tables",
  ignore,
  async fn() {
    await using results = await connectCassandra(cassandraOptions(keyspace));
    await results.ping();
    await results.verify();
  },
});

Deno.test({
  name:
    "CassandraSink.write() during an outage is SINK_UNAVAILABLE, and goes on by itself after it",
  ignore,
  async fn() {
    const options = cassandraOptions(keyspace);
    const hostname = options.contactPoints[0] ?? "";
    await using proxy = tcpProxy({ hostname, port: options.port });
    await using results = await connectCassandra({
      ...options,
      contactPoints: ["127.0.0.1"],
      port: proxy.port,
    });
    const row = tradeRowWith({ symbol: "outage" });
    await results.sink.write([row]);
    await proxy.cut();
    await assert.rejects(results.sink.write([row]), { code: "SINK_UNAVAILABLE" });
    await assert.rejects(results.ping(), { code: "SINK_UNAVAILABLE" });
    proxy.mend();
    await untilDone(() => results.sink.write([{ ...row, price: 1, versionUs: row.versionUs + 1 }]));
    assert.equal((await results.reader.trades("outage", 1))[0]?.price, 1);
  },
});

Deno.test({
  name: "CassandraSink.write() gives recent rows a time to live, and history none",
  ignore,
  async fn() {
    await using results = await connectCassandra(cassandraOptions(keyspace));
    await using raw = await rawClient();
    await results.sink.write([tradeRowWith({ symbol: "ttl" }), windowRowWith({ symbol: "ttl" })]);
    const ttlOf = async (column: string, table: string) => {
      const query = `SELECT ttl(${column}) AS ttl FROM ${keyspace}.${table} LIMIT 1`;
      return (await raw.client.execute(query)).first()["ttl"];
    };
    for (const table of ["trades", "running_averages_15_sec"]) {
      const ttl = await ttlOf("volume", table);
      assert.ok(604_700 < ttl && ttl <= 604_800, `${table}: ${ttl}`);
    }
    assert.equal(await ttlOf("volume", "trades_by_day"), null);
    assert.equal(await ttlOf("volume", "candles"), null);
  },
});

Deno.test({
  name: "CassandraSink.write() with a time to live of 0 keeps recent rows for good",
  ignore,
  async fn() {
    const symbol = "for-good";
    await using results = await connectCassandra({
      ...cassandraOptions(keyspace),
      tradesTtlSeconds: 0,
    });
    await using raw = await rawClient();
    await results.sink.write([tradeRowWith({ symbol })]);
    const query = `SELECT ttl(price) AS ttl FROM ${keyspace}.trades WHERE symbol = '${symbol}'`;
    assert.equal((await raw.client.execute(query)).first()["ttl"], null);
  },
});

Deno.test({
  name: "CassandraSink.write() leaves no tombstones for Grafana's query to stumble over",
  ignore,
  async fn() {
    const symbol = "no-conditions";
    await using results = await connectCassandra(cassandraOptions(keyspace));
    await using raw = await rawClient();
    const warnThreshold = 1_000;
    const rows = Array.from(
      { length: warnThreshold + 1 },
      (_, i) => tradeRowWith({ symbol, conditions: null, tradeId: BigInt(i) }),
    );
    await results.sink.write(rows);
    const { info, rowLength } = await raw.client.execute(
      `SELECT symbol, price, ingest_timestamp FROM ${keyspace}.trades
        WHERE symbol IN ? AND ingest_timestamp >= ? AND ingest_timestamp <= ? ALLOW FILTERING`,
      [[symbol], rowsStartMs, rowsStartMs + 60_000],
      { prepare: true },
    );
    assert.deepEqual([rowLength, info.warnings], [rows.length, undefined]);
  },
});

Deno.test({
  name: "CassandraSink.write() files windows of every length in candles",
  ignore,
  async fn() {
    const symbol = "candles";
    await using results = await connectCassandra(cassandraOptions(keyspace));
    await using raw = await rawClient();
    const sizes = [15_000, 60_000, 3_600_000];
    await results.sink.write(sizes.map((sizeMs) => windowRowWith({ symbol, sizeMs })));
    const { rows } = await raw.client.execute(
      `SELECT resolution, bucket FROM ${keyspace}.candles WHERE symbol = ? ALLOW FILTERING`,
      [symbol],
      { prepare: true },
    );
    assert.deepEqual(rows.map((row) => `${row["resolution"]} ${row["bucket"]}`).toSorted(), [
      "15s 2025-03-10",
      "1h 2025-01-01",
      "1m 2025-03-01",
    ]);
  },
});

Deno.test({
  name: "CassandraSink.write() of an impossible value is SINK_REJECTED",
  ignore,
  async fn() {
    await using results = await connectCassandra(cassandraOptions(keyspace));
    const odd = tradeRowWith({ price: {} as unknown as number });
    await assert.rejects(results.sink.write([odd]), { code: "SINK_REJECTED" });
  },
});

/** Repeats work that fails for now; the driver reconnects on its own schedule. */
async function untilDone(work: () => Promise<void>): Promise<void> {
  for (let tries = 0;; tries++) {
    try {
      return await work();
    } catch (error) {
      if (tries === 100 || dispositionOf(error) !== "retry") throw error;
      await systemClock.sleep(200);
    }
  }
}
