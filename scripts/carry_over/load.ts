import { type Client, types } from "cassandra-driver";
import { PipelineError } from "../../src/base/errors.ts";
import { cassandraError } from "../../src/cassandra/errors.ts";
import { fileLines } from "../../src/feed/file_lines.ts";
import type { MarketRow } from "../../src/market/rows.ts";
import { utcDate } from "../../src/market/tables.ts";
import type { Sink } from "../../src/streams/ports.ts";
import type { CarryOverConfig } from "./carry_over_config.ts";
import { carriedTradeId, type OldRow, portionsOf, tradeRowOf } from "./old_row.ts";
import { oldColumns, type TradesTable } from "./trades_table.ts";

/** What became of the rows of a file. */
export interface LoadReport {
  readonly written: number;
  /** Left out: the topic had them. */
  readonly known: number;
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
  let read = 0;
  let written = 0;
  for await (const portion of portionsOf(rowsIn(file), day, portionRowsMax)) {
    read += portion.length;
    written += await write(portion);
  }
  return { written, known: read - written };
}

async function* rowsIn(file: string): AsyncGenerator<OldRow> {
  for await (const line of fileLines(file)) yield JSON.parse(line.text);
}

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
      cql: `SELECT trade_timestamp, trade_id FROM ${cassandraKeyspace}.trades_by_day ` +
        `WHERE symbol = ? AND trade_date = ? AND ${where}`,
      keyOf: ({ symbol, trade_timestamp: timeMs }) => [symbol, utcDate(timeMs)],
    };
  }
  if (tradesTables.includes("recent")) {
    return {
      cql: `SELECT trade_timestamp, trade_id FROM ${name} WHERE symbol = ? AND ${where}`,
      keyOf: ({ symbol }) => [symbol],
    };
  }
  throw new PipelineError(
    "CONFIG_INVALID",
    "Cannot load rows as TRADES_TABLES must name a table for them: it is empty",
  );
}

/** @returns How many were written. */
async function writeUnknown(
  { client, sink, lookup }: {
    readonly client: Client;
    readonly sink: Sink<MarketRow>;
    readonly lookup: Lookup;
  },
  rows: Portion,
): Promise<number> {
  const known = await knownTimes(client, lookup, rows);
  const unknown = rows.filter(({ trade_timestamp: timeMs }) => !known.has(timeMs));
  if (unknown.length > 0) await sink.write(unknown.map(tradeRowOf));
  return unknown.length;
}

/** Milliseconds in which the topic had a trade; rows that were carried over do not count. */
async function knownTimes(
  client: Client,
  { cql, keyOf }: Lookup,
  rows: Portion,
): Promise<Set<number>> {
  const times = rows.map(({ trade_timestamp: timeMs }) => timeMs);
  const known = new Set<number>();
  try {
    const bounds = [Math.min(...times), Math.max(...times)];
    const found = await client.execute(cql, [...keyOf(rows[0]), ...bounds]);
    for await (const row of found) {
      if (String(row["trade_id"]) !== String(carriedTradeId)) {
        known.add(Number(row["trade_timestamp"]));
      }
    }
    return known;
  } catch (error) {
    throw cassandraError("look for the trades of the topic", error);
  }
}

/** All rows, with their write times: what the Spark job has written since is newer and stays. */
async function writeOldForm(
  client: Client,
  { name }: TradesTable,
  rows: Portion,
): Promise<number> {
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
    return rows.length;
  } catch (error) {
    throw cassandraError(`write ${rows.length} rows into "${name}"`, error);
  }
}
