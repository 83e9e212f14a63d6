/**
 * Cassandra is killed while batches of one write are on their way: the write says that the sink is
 * away, what was acknowledged before is still there, and the same rows written again are complete.
 */
import assert from "node:assert/strict";
import type { Client } from "cassandra-driver";
import { type CassandraResults, connectCassandra } from "../../src/cassandra/connect.ts";
import { connectClient } from "../../src/cassandra/client.ts";
import { endClient } from "../../src/cassandra/internals.ts";
import type { MarketRow } from "../../src/market/rows.ts";
import {
  cassandraExpected,
  cassandraOptions,
  newKeyspaceName,
} from "../support/cassandra_keyspace.ts";
import { tradeRowWith, windowRowWith } from "../support/market_rows.ts";
import { seconds } from "../support/seconds.ts";
import { say } from "../support/say.ts";
import { realServices } from "../support/services.ts";

const symbols = ["AAPL", "MSFT", "BINANCE:BTCUSDT", "OANDA:EUR_USD"];
const tradesPerSymbol = 5_000;
const triesMax = 60;

Deno.test({
  name: "a write during which Cassandra is killed is complete once it is written again",
  ignore: !cassandraExpected,
  // The driver may wait for its next try to reach the killed node, also after its end.
  sanitizeOps: false,
  sanitizeResources: false,
  async fn() {
    await using services = await realServices({ cassandra: true, private: true });
    const options = {
      ...cassandraOptions(newKeyspaceName()),
      contactPoints: [services.cassandraHost],
      port: services.cassandraPort,
      datacenter: services.cassandraDatacenter,
    };
    await using results = await connectCassandra(options);
    await results.migrate();
    const client = await connectClient(options);
    await using _client = { [Symbol.asyncDispose]: () => endClient(client) };
    await writeUntilTaken(results, rowsOf("first"));

    const second = rowsOf("second");
    const interrupted = assert.rejects(results.sink.write(second), { code: "SINK_UNAVAILABLE" });
    await untilBegun(results);
    await services.cassandra.kill();
    await interrupted;
    await services.cassandra.start();

    const between = await countsAfterRestart(client, options.keyspace);
    const half = between.get("trades") ?? 0;
    say(`${half - symbols.length * tradesPerSymbol} trades of the interrupted write are there`);
    assert.ok(half >= symbols.length * tradesPerSymbol, "what was acknowledged must be there");
    assert.ok(half < 2 * symbols.length * tradesPerSymbol, "the kill must come in the middle");
    await writeUntilTaken(results, second);
    // A zombie's: older versions change nothing.
    await writeUntilTaken(results, rowsOf("first"));
    const rows = await countsAfterRestart(client, options.keyspace);
    const trades = 2 * symbols.length * tradesPerSymbol;
    assert.deepEqual(Object.fromEntries(rows), {
      trades,
      trades_by_day: trades,
      running_averages_15_sec: symbols.length,
      candles: symbols.length,
    });
    await assertNewest(results);
  },
});

/** Trades of their own, and the same window in two versions: that of "second" is the newer one. */
function rowsOf(write: "first" | "second"): MarketRow[] {
  const nth = write === "first" ? 0 : 1;
  return symbols.flatMap((symbol) => [
    windowRowWith({
      symbol,
      close: 100 + nth,
      count: 10 + nth,
      versionUs: windowRowWith().versionUs + nth,
    }),
    ...Array.from({ length: tradesPerSymbol }, (_, i) =>
      tradeRowWith({
        symbol,
        tradeId: BigInt(nth * tradesPerSymbol + i),
        versionUs: tradeRowWith().versionUs + nth * tradesPerSymbol + i,
      })),
  ]);
}

/** Waits for the first row of the second write: most of its batches are then still to come. */
async function untilBegun({ reader }: CassandraResults): Promise<void> {
  for (;;) {
    const [newest] = await reader.trades(symbols[0] ?? "", 1);
    if ((newest?.tradeId ?? 0n) >= BigInt(tradesPerSymbol)) return;
  }
}

async function writeUntilTaken(
  { sink }: CassandraResults,
  rows: readonly MarketRow[],
): Promise<void> {
  for (let attempt = 1;; attempt++) {
    try {
      return await sink.write(rows);
    } catch (error) {
      if (attempt === triesMax) throw error;
      await seconds(0.5);
    }
  }
}

/** Rows of each table, once the driver has found the cluster again. */
async function countsAfterRestart(client: Client, keyspace: string): Promise<Map<string, number>> {
  for (let attempt = 1;; attempt++) {
    try {
      return await rowCounts(client, keyspace);
    } catch (error) {
      if (attempt === triesMax) throw error;
      await seconds(0.5);
    }
  }
}

async function rowCounts(client: Client, keyspace: string): Promise<Map<string, number>> {
  const counts = new Map<string, number>();
  for (const table of ["trades", "trades_by_day", "running_averages_15_sec", "candles"]) {
    let rows = 0;
    for await (const _key of await client.execute(`SELECT symbol FROM ${keyspace}.${table}`)) {
      rows += 1;
    }
    counts.set(table, rows);
  }
  return counts;
}

async function assertNewest({ reader }: CassandraResults): Promise<void> {
  for (const symbol of symbols) {
    const [newest] = await reader.trades(symbol, 1);
    assert.equal(newest?.tradeId, BigInt(2 * tradesPerSymbol - 1));
    const { startMs, endMs } = windowRowWith();
    const [window] = await reader.windows(symbol, startMs, endMs);
    assert.deepEqual([window?.close, window?.count], [101, 11], "the newer version must stay");
  }
}
