/**
 * The Cassandra sink beside one prepared insert per row with 128 in flight, in turn, on the same
 * tables.
 *
 *     CASSANDRA_HOST=127.0.0.1 deno task bench:engine bench/pipeline/cassandra_sink.ts
 *
 * The rows are what the market job writes: every trade into both trades tables, every window into
 * two more. What is counted are rows of tables; the checksum says that both wrote the same.
 */
import { parseArgs } from "node:util";
import type { Client } from "cassandra-driver";
import { type Random, seededRandom } from "../../src/base/random.ts";
import { connectClient } from "../../src/cassandra/client.ts";
import { connectCassandra } from "../../src/cassandra/connect.ts";
import { forEachInFlight } from "../../src/cassandra/in_flight.ts";
import { tableNames } from "../../src/cassandra/names.ts";
import {
  insertAverage,
  insertCandle,
  insertTrade,
  insertTradeOfDay,
} from "../../src/cassandra/statements.ts";
import type { Insert } from "../../src/cassandra/statements.ts";
import type { MarketRow } from "../../src/market/rows.ts";
import { print } from "../../scripts/lib/print.ts";
import {
  cassandraOptions,
  dropKeyspace,
  newKeyspaceName,
} from "../../tests/support/cassandra_keyspace.ts";
import { tradeRowWith, windowRowWith } from "../../tests/support/market_rows.ts";
import { median } from "./median.ts";

const { values } = parseArgs({
  options: {
    trades: { type: "string", default: "40000" },
    symbols: { type: "string", default: "64" },
    rounds: { type: "string", default: "5" },
  },
});
const tradeCount = Number(values.trades);
const symbolCount = Number(values.symbols);
/** Rows of one commit, about as many as the engine lets gather. */
const commitRows = 20_000;
const singleInFlight = 128;
/** A trade is two rows, a window two as well. */
const tablesPerRow = 2;

/** Trades of many symbols, and each symbol's window every few hundred of them. */
function marketRows(round: number): MarketRow[] {
  const random = seededRandom(round + 1);
  const rows: MarketRow[] = [];
  for (let i = 0; i < tradeCount; i++) {
    rows.push(tradeOf(round, i, random));
    if (i % 10 === 0) rows.push(windowOf(round, i));
  }
  return rows;
}

function tradeOf(round: number, i: number, random: Random): MarketRow {
  const base = tradeRowWith();
  return tradeRowWith({
    symbol: `S${Math.floor(random.next() * symbolCount)}`,
    tradeTimeMs: base.tradeTimeMs + Math.floor(i / 10),
    tradeId: BigInt(round * tradeCount + i),
    price: 100 + random.next(),
    volume: random.next(),
    versionUs: base.versionUs + i,
  });
}

function windowOf(round: number, i: number): MarketRow {
  const base = windowRowWith();
  return windowRowWith({
    symbol: `S${i % symbolCount}`,
    startMs: base.startMs + Math.floor(i / 1_000) * 15_000,
    versionUs: base.versionUs + round * tradeCount + i,
  });
}

async function timed(work: () => Promise<void>): Promise<number> {
  const startedMs = performance.now();
  await work();
  return performance.now() - startedMs;
}

/** The plain way: a statement per row, many at once. */
function singleInserts(client: Client, keyspace: string): (rows: MarketRow[]) => Promise<void> {
  const options = cassandraOptions(keyspace);
  const names = tableNames(options);
  const ttl = options.tradesTtlSeconds;
  const trades = [insertTrade(names, ttl), insertTradeOfDay(names)];
  const windows = [insertAverage(names, ttl), insertCandle(names)];
  const statement = <Row extends { readonly versionUs: number }>(
    row: Row,
    insert: Insert<Row>,
  ) => ({
    query: insert.query,
    params: [
      ...insert.partitionKeyOf(row),
      ...insert.valuesOf(row),
      row.versionUs,
    ],
  });
  return async (rows) => {
    const statements = rows.flatMap((row) =>
      row.kind === "trade"
        ? trades.map((insert) => statement(row, insert))
        : windows.map((insert) => statement(row, insert))
    );
    await forEachInFlight(statements, singleInFlight, async ({ query, params }) => {
      await client.execute(query, params);
    });
  };
}

/** Rows of each table, read page by page: one count over a whole table may time out. */
async function checksum(client: Client, keyspace: string): Promise<string> {
  const sums: string[] = [];
  for (const table of ["trades", "trades_by_day", "running_averages_15_sec", "candles"]) {
    const keys = await client.execute(`SELECT symbol FROM ${keyspace}.${table}`);
    let rows = 0;
    for await (const _key of keys) rows += 1;
    sums.push(`${table} ${rows}`);
  }
  return sums.join(", ");
}

async function prepared(keyspace: string) {
  const results = await connectCassandra(cassandraOptions(keyspace));
  await results.migrate();
  return results;
}

const keyspaces = { sink: newKeyspaceName(), single: newKeyspaceName() };
await using sinkSide = await prepared(keyspaces.sink);
await using _singleSide = await prepared(keyspaces.single);
const client = await connectClient(cassandraOptions(keyspaces.single));
const writeSingly = singleInserts(client, keyspaces.single);
const ratios: number[] = [];
const sinkRates: number[] = [];
const singleRates: number[] = [];
for (let round = 0; round <= Number(values.rounds); round++) {
  const rows = marketRows(round);
  const singleMs = await timed(() => writeSingly(rows));
  const sinkMs = await timed(async () => {
    for (let from = 0; from < rows.length; from += commitRows) {
      await sinkSide.sink.write(rows.slice(from, from + commitRows));
    }
  });
  if (round === 0) continue; // compilers and connections get warm
  const [single, sink] = [singleMs, sinkMs].map((ms) => rows.length * tablesPerRow * 1_000 / ms);
  if (single === undefined || sink === undefined) continue;
  ratios.push(sink / single);
  sinkRates.push(sink);
  singleRates.push(single);
  print(
    `round ${round}: one insert a row ${Math.round(single)} rows/s, sink ${Math.round(sink)}, ` +
      `ratio ${(sink / single).toFixed(2)}`,
  );
}
print(
  `medians: one insert a row ${Math.round(median(singleRates))} rows/s, ` +
    `sink ${Math.round(median(sinkRates))}, ratio ${median(ratios).toFixed(2)}`,
);
print(`one insert a row: ${await checksum(client, keyspaces.single)}`);
print(`sink:             ${await checksum(client, keyspaces.sink)}`);
await client.shutdown();
for (const keyspace of Object.values(keyspaces)) await dropKeyspace(keyspace);
