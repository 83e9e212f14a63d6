import type { TradeRow, WindowRow } from "../market/rows.ts";
import {
  resolutionName,
  tradeColumns,
  utcDate,
  windowColumns,
  windowValues,
} from "../market/tables.ts";
import { candleBucket } from "./buckets.ts";
import type { Cell } from "./cell_writer.ts";
import type { TableNames } from "./names.ts";

/** How a kind of row is written to one table. */
export interface Insert<Row> {
  readonly query: string;
  /** Equal exactly for rows of one partition. */
  readonly partitionOf: (row: Row) => string;
  /** Values of the partition key, in its order; made once for the rows of a partition. */
  readonly partitionKeyOf: (row: Row) => readonly Cell[];
  /** Values of the other columns; the write time follows them. */
  readonly valuesOf: (row: Row) => readonly Cell[];
}

const clusteredTrade = ["trade_timestamp", "trade_id", ...tradeColumns];
const clusteredWindow = ["window_start", ...windowColumns];

/**
 * Every column in one statement with one write time, so that the row is whole in every version.
 *
 * @param ttlSeconds Time to live; 0 is without expiry. The same for all rows, so it is part of the text.
 * @see docs/adr/0003-rows-only-go-forward.md
 */
function insertSql(table: string, columns: readonly string[], ttlSeconds: number): string {
  const places = columns.map(() => "?").join(", ");
  return `INSERT INTO ${table} (${columns.join(", ")}) VALUES (${places}) ` +
    `USING TIMESTAMP ? AND TTL ${ttlSeconds}`;
}

/** Recent trades, by symbol. */
export function insertTrade(names: TableNames, ttlSeconds: number): Insert<TradeRow> {
  return {
    query: insertSql(
      `${names.keyspace}.${names.trades}`,
      ["symbol", ...clusteredTrade],
      ttlSeconds,
    ),
    partitionOf: ({ symbol }) => symbol,
    partitionKeyOf: ({ symbol }) => [symbol],
    valuesOf: tradeValues,
  };
}

/** Trades without expiry, by symbol and day. */
export function insertTradeOfDay(names: TableNames): Insert<TradeRow> {
  const columns = ["symbol", "trade_date", ...clusteredTrade];
  return {
    query: insertSql(`${names.keyspace}.${names.tradesByDay}`, columns, 0),
    partitionOf: ({ symbol, tradeTimeMs }) => `${Math.floor(tradeTimeMs / dayMs)} ${symbol}`,
    partitionKeyOf: (row) => [row.symbol, utcDate(row.tradeTimeMs)],
    valuesOf: tradeValues,
  };
}

/** 15-second windows, by symbol. */
export function insertAverage(names: TableNames, ttlSeconds: number): Insert<WindowRow> {
  return {
    query: insertSql(
      `${names.keyspace}.${names.runningAverages}`,
      ["symbol", ...clusteredWindow],
      ttlSeconds,
    ),
    partitionOf: ({ symbol }) => symbol,
    partitionKeyOf: ({ symbol }) => [symbol],
    valuesOf: clusteredWindowValues,
  };
}

/** Windows of any length without expiry, by symbol, length and bucket. */
export function insertCandle(names: TableNames): Insert<WindowRow> {
  const columns = ["symbol", "resolution", "bucket", ...clusteredWindow];
  return {
    query: insertSql(`${names.keyspace}.${names.candles}`, columns, 0),
    partitionOf: (row) => `${candleBucket(row)} ${row.sizeMs} ${row.symbol}`,
    partitionKeyOf: (row) => [row.symbol, resolutionName(row.sizeMs), candleBucket(row)],
    valuesOf: clusteredWindowValues,
  };
}

const dayMs = 86_400_000;

/**
 * No conditions, which crypto trades never have, are an empty text. A null would be a tombstone,
 * and Grafana's query with ALLOW FILTERING fails once it meets 100,000 of them.
 */
function tradeValues(row: TradeRow): Cell[] {
  return [
    row.tradeTimeMs,
    row.tradeId,
    row.price,
    row.volume,
    row.conditions ?? "",
    row.receivedAtMs,
  ];
}

/** Nulls are written: left out, they would show the value of an older version. */
function clusteredWindowValues(row: WindowRow): Cell[] {
  return [row.startMs, ...windowValues(row)];
}
