/**
 * The Cassandra sink beside one prepared insert per row with 128 in flight, in turn, on tables of
 * the same making.
 *
 *     CASSANDRA_HOST=127.0.0.1 deno task dev bench:engine bench/pipeline/cassandra_sink.ts
 *
 * The rows are what the market job writes: every trade into both trades tables, every window into
 * two more, later ones in later rounds. Both ways write the same rows in every round, each first in
 * every other one, after rounds that are not counted: the server's compiler needs some. What is
 * counted are rows of tables, by the clock and by the time of processors of this process and of the
 * server, where that is on the same machine. The checksum says that both wrote the same.
 */
import { benchOptions } from "../bench_options.ts";
import { type Client, types } from "cassandra-driver";
import { type Random, seededRandom } from "../../src/base/random.ts";
import { connectClient } from "../../src/cassandra/client.ts";
import { connectCassandra } from "../../src/cassandra/connect.ts";
import { forEachInFlight, Slots } from "../../src/cassandra/in_flight.ts";
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
import { cpuMsOf, listenerOn, ownCpuMs } from "./cpu_time.ts";
import { median } from "./median.ts";
import { tableRows } from "./table_rows.ts";

const values = benchOptions({
  measures: "The Cassandra sink beside one prepared insert per row.",
  command: "bench:engine bench/pipeline/cassandra_sink.ts",
}, {
  trades: { type: "string", default: "20000", says: "how many trades" },
  symbols: { type: "string", default: "64", says: "of how many symbols" },
  rounds: { type: "string", default: "15", says: "how many rounds are counted" },
  warmup: { type: "string", default: "4", says: "rounds that are not counted" },
});
const tradeCount = Number(values.trades);
const symbolCount = Number(values.symbols);
const warmupRounds = Number(values.warmup);
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
  const nth = round * tradeCount + i;
  return tradeRowWith({
    symbol: `S${Math.floor(random.next() * symbolCount)}`,
    tradeTimeMs: base.tradeTimeMs + Math.floor(nth / 10),
    tradeId: BigInt(nth),
    price: 100 + random.next(),
    volume: random.next(),
    versionUs: base.versionUs + nth,
  });
}

function windowOf(round: number, i: number): MarketRow {
  const base = windowRowWith();
  const nth = round * tradeCount + i;
  return windowRowWith({
    symbol: `S${i % symbolCount}`,
    startMs: base.startMs + Math.floor(nth / 1_000) * 15_000,
    versionUs: base.versionUs + nth,
  });
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
    ].map((value) => typeof value === "bigint" ? types.Long.fromNumber(Number(value)) : value),
  });
  return async (rows) => {
    const statements = rows.flatMap((row) =>
      row.kind === "trade"
        ? trades.map((insert) => statement(row, insert))
        : windows.map((insert) => statement(row, insert))
    );
    await forEachInFlight(statements, new Slots(singleInFlight), async ({ query, params }) => {
      await client.execute(query, params);
    });
  };
}

async function prepared(keyspace: string) {
  const results = await connectCassandra(cassandraOptions(keyspace));
  await results.migrate();
  return results;
}

/** Figures of one way to write, round by round. */
interface Side {
  readonly name: string;
  readonly write: (rows: MarketRow[]) => Promise<void>;
  readonly rates: number[];
  /** Time of processors for a row, microseconds. */
  readonly clientUs: number[];
  readonly serverUs: number[];
}

function side(name: string, write: Side["write"]): Side {
  return { name, write, rates: [], clientUs: [], serverUs: [] };
}

const server = listenerOn(cassandraOptions("any").port);

function serverCpuMs(): number {
  return server === undefined ? NaN : cpuMsOf(server);
}

async function measure(side: Side, rows: MarketRow[], counts: boolean): Promise<void> {
  const before = { ms: performance.now(), client: ownCpuMs(), server: serverCpuMs() };
  await side.write(rows);
  if (!counts) return;
  const written = rows.length * tablesPerRow;
  side.rates.push(written * 1_000 / (performance.now() - before.ms));
  side.clientUs.push((ownCpuMs() - before.client) * 1_000 / written);
  side.serverUs.push((serverCpuMs() - before.server) * 1_000 / written);
}

/** Of each round, as both ways then met the same machine. */
function ratios(upper: readonly number[], lower: readonly number[]): number[] {
  return upper.map((figure, round) => figure / (lower[round] ?? NaN));
}

function spread(figures: readonly number[]): string {
  const [least, most] = [Math.min(...figures), Math.max(...figures)];
  return `${median(figures).toFixed(2)} (${least.toFixed(2)} to ${most.toFixed(2)})`;
}

function totalUs({ clientUs, serverUs }: Side): number[] {
  return clientUs.map((client, round) => client + (serverUs[round] ?? NaN));
}

function report(single: Side, sink: Side): void {
  for (const { name, rates, clientUs, serverUs } of [single, sink]) {
    print(
      `${name.padEnd(16)} ${Math.round(median(rates))} rows/s ` +
        `(${Math.round(Math.min(...rates))} to ${Math.round(Math.max(...rates))}); ` +
        `processors, us a row: client ${median(clientUs).toFixed(1)}, ` +
        `server ${median(serverUs).toFixed(1)}`,
    );
  }
  print(`ratio by the clock: ${spread(ratios(sink.rates, single.rates))}`);
  print(`ratio by processors: ${spread(ratios(totalUs(single), totalUs(sink)))}`);
}

const keyspaces = { sink: newKeyspaceName(), single: newKeyspaceName() };
await using sinkSide = await prepared(keyspaces.sink);
await using _singleSide = await prepared(keyspaces.single);
const client = await connectClient(cassandraOptions(keyspaces.single));
const single = side("one insert a row", singleInserts(client, keyspaces.single));
const sink = side("sink", async (rows) => {
  for (let from = 0; from < rows.length; from += commitRows) {
    await sinkSide.sink.write(rows.slice(from, from + commitRows));
  }
});
for (let round = 0; round < warmupRounds + Number(values.rounds); round++) {
  const rows = marketRows(round);
  const counts = round >= warmupRounds;
  for (const one of round % 2 === 0 ? [single, sink] : [sink, single]) {
    await measure(one, rows, counts);
  }
}
report(single, sink);
print(`one insert a row: ${await tableRows(client, keyspaces.single)}`);
print(`sink:             ${await tableRows(client, keyspaces.sink)}`);
await client.shutdown();
for (const keyspace of Object.values(keyspaces)) await dropKeyspace(keyspace);
