import { type Client, types } from "cassandra-driver";
import { PipelineError } from "../../src/base/errors.ts";
import { cassandraError } from "../../src/cassandra/errors.ts";
import { fileLines } from "../../src/feed/file_lines.ts";
import type { MarketRow } from "../../src/market/rows.ts";
import { utcDate } from "../../src/market/tables.ts";
import type { Sink } from "../../src/streams/ports.ts";
import type { CarryOverConfig } from "./carry_over_config.ts";
import { carriedTradeId, isMixture, type OldRow, portionsOf, tradeRowOf } from "./old_row.ts";
import { oldColumns, type TradesTable } from "./trades_table.ts";

/** What became of the rows of a file. */
export interface LoadReport {
  readonly written: number;
  /** Left out: the topic had them. */
  readonly known: number;
  /** Of those: rows that are no trade of the topic, but the mixture of two. */
  readonly mixed: number;
}

type Portion = readonly [OldRow, ...OldRow[]];

/** Rows compared with the table at once, all of one symbol and day. */
const portionRowsMax = 1_000;

/**
 * Writes the rows of a file into the tables of today, except where the topic's trades are.
 *
 * @throws {PipelineError} `CONFIG_INVALID` if no trades table is written.
 */
export async function loadRows(
  file: string,
  { client, sink, config, table }: {
    readonly client: Client;
    readonly sink: Sink<MarketRow>;
    readonly config: CarryOverConfig;
    readonly table: TradesTable;
  },
): Promise<LoadReport> {
  const write = table.form === "old"
    ? (rows: Portion) => writeOldForm(client, table, rows)
    : (rows: Portion) => writeUnknown({ client, sink, lookup: lookupOf(config, table) }, rows);
  const day = ({ symbol, trade_timestamp: timeMs }: OldRow) => `${utcDate(timeMs)} ${symbol}`;
  const report = { written: 0, known: 0, mixed: 0 };
  for await (const portion of portionsOf(rowsIn(file), day, portionRowsMax)) {
    const { written, known, mixed } = await write(portion);
    report.written += written;
    report.known += known;
    report.mixed += mixed;
  }
  return report;
}

async function* rowsIn(file: string): AsyncGenerator<OldRow> {
  for await (const line of fileLines(file)) yield JSON.parse(line.text);
}

const lookedAt = "trade_timestamp, trade_id, price, volume";

/** How the trades of a symbol's day are asked for. */
interface Lookup {
  readonly cql: string;
  readonly keyOf: (row: OldRow) => readonly string[];
}

function lookupOf(
  { tradesTables, cassandraKeyspace }: CarryOverConfig,
  { name }: TradesTable,
): Lookup {
  const where = "trade_timestamp >= ? AND trade_timestamp <= ?";
  if (tradesTables.includes("history")) {
    return {
      cql: `SELECT ${lookedAt} FROM ${cassandraKeyspace}.trades_by_day ` +
        `WHERE symbol = ? AND trade_date = ? AND ${where}`,
      keyOf: ({ symbol, trade_timestamp: timeMs }) => [symbol, utcDate(timeMs)],
    };
  }
  if (tradesTables.includes("recent")) {
    return {
      cql: `SELECT ${lookedAt} FROM ${name} WHERE symbol = ? AND ${where}`,
      keyOf: ({ symbol }) => [symbol],
    };
  }
  throw new PipelineError(
    "CONFIG_INVALID",
    "Cannot load rows as TRADES_TABLES must name a table for them: it is empty",
  );
}

async function writeUnknown(
  { client, sink, lookup }: {
    readonly client: Client;
    readonly sink: Sink<MarketRow>;
    readonly lookup: Lookup;
  },
  rows: Portion,
): Promise<LoadReport> {
  const tradesAt = await knownTrades(client, lookup, rows);
  const unknown = rows.filter(({ trade_timestamp: timeMs }) => !tradesAt.has(timeMs));
  const mixed = rows.filter((row) => {
    const trades = tradesAt.get(row.trade_timestamp);
    return trades !== undefined && isMixture(row, trades);
  });
  if (unknown.length > 0) await sink.write(unknown.map(tradeRowOf));
  return {
    written: unknown.length,
    known: rows.length - unknown.length,
    mixed: mixed.length,
  };
}

/** Trades of the topic by millisecond; rows that were carried over do not count. */
async function knownTrades(
  client: Client,
  { cql, keyOf }: Lookup,
  rows: Portion,
): Promise<Map<number, Pick<OldRow, "price" | "volume">[]>> {
  const times = rows.map(({ trade_timestamp: timeMs }) => timeMs);
  const bounds = [Math.min(...times), Math.max(...times)];
  try {
    const found = await client.execute(cql, [...keyOf(rows[0]), ...bounds]);
    const trades = (await Array.fromAsync(found))
      .filter((row) => String(row["trade_id"]) !== String(carriedTradeId))
      .map((row) => ({
        timeMs: Number(row["trade_timestamp"]),
        price: row["price"],
        volume: row["volume"],
      }));
    return Map.groupBy(trades, ({ timeMs }) => timeMs);
  } catch (error) {
    throw cassandraError("look for the trades of the topic", error);
  }
}

/** All rows, with their write times: what the Spark job has written since is newer and stays. */
async function writeOldForm(
  client: Client,
  { name }: TradesTable,
  rows: Portion,
): Promise<LoadReport> {
  const query = `INSERT INTO ${name} (${oldColumns.join(", ")}) VALUES (?, ?, ?, ?, ?, ?) ` +
    "USING TIMESTAMP ?";
  const batch = rows.map((row) => ({
    query,
    params: [
      row.symbol,
      row.trade_timestamp,
      row.price,
      row.volume,
      row.trade_conditions,
      row.ingest_timestamp,
      types.Long.fromNumber(row.write_time),
    ],
  }));
  try {
    await client.batch(batch, { logged: false });
    return { written: rows.length, known: 0, mixed: 0 };
  } catch (error) {
    throw cassandraError(`write ${rows.length} rows into "${name}"`, error);
  }
}
