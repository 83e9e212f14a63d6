import type { SQLInputValue } from "node:sqlite";
import type { TradeRow, WindowRow } from "../market/rows.ts";
import { resolutionName, utcDate } from "../market/tables.ts";

/** An upsert: its text, and the values to bind for a row. */
export interface Upsert<Row> {
  readonly sql: string;
  readonly valuesOf: (row: Row) => SQLInputValue[];
}

const tradeKey = ["symbol", "trade_timestamp", "trade_id"];
const tradeFields = ["price", "volume", "trade_conditions", "ingest_timestamp", "version_us"];

const windowKey = ["symbol", "window_start"];
const windowFields = [
  "window_end",
  "open",
  "high",
  "low",
  "close",
  "volume",
  "trade_count",
  "price_volume_multiply",
  "vwap",
  "final",
  "ingest_timestamp",
  "version_us",
];

/** Recent trades. */
export const upsertTrade: Upsert<TradeRow> = {
  sql: upsertSql("trades", tradeKey, tradeFields),
  valuesOf: tradeValues,
};

/** Trades for good, by day. */
export const upsertTradeOfDay: Upsert<TradeRow> = {
  sql: upsertSql("trades_by_day", ["trade_date", ...tradeKey], tradeFields),
  valuesOf: (row) => [utcDate(row.tradeTimeMs), ...tradeValues(row)],
};

/** 15-second windows. */
export const upsertAverage: Upsert<WindowRow> = {
  sql: upsertSql("running_averages_15_sec", windowKey, windowFields),
  valuesOf: windowValues,
};

/** Windows of any length for good. */
export const upsertCandle: Upsert<WindowRow> = {
  sql: upsertSql("candles", ["resolution", ...windowKey], windowFields),
  valuesOf: (row) => [resolutionName(row.sizeMs), ...windowValues(row)],
};

/**
 * Writes a row unless the table holds it in the same or a newer version.
 *
 * Equal versions mean equal bytes, so a repeat need not touch the page.
 */
function upsertSql(table: string, key: readonly string[], fields: readonly string[]): string {
  const columns = [...key, ...fields];
  return `INSERT INTO ${table} (${columns.join(", ")})
    VALUES (${columns.map(() => "?").join(", ")})
    ON CONFLICT (${key.join(", ")}) DO UPDATE
    SET ${fields.map((field) => `${field} = excluded.${field}`).join(", ")}
    WHERE excluded.version_us > ${table}.version_us`;
}

function tradeValues(row: TradeRow): SQLInputValue[] {
  return [
    row.symbol,
    row.tradeTimeMs,
    row.tradeId,
    row.price,
    row.volume,
    row.conditions,
    row.receivedAtMs,
    row.versionUs,
  ];
}

function windowValues(row: WindowRow): SQLInputValue[] {
  return [
    row.symbol,
    row.startMs,
    row.endMs,
    row.open,
    row.high,
    row.low,
    row.close,
    row.volume,
    row.count,
    row.priceVolumeMultiply,
    row.vwap,
    row.final ? 1 : 0,
    row.receivedAtMs,
    row.versionUs,
  ];
}
