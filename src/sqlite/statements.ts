import type { SQLInputValue } from "node:sqlite";
import type { TradeRow, WindowRow } from "../market/rows.ts";
import {
  resolutionName,
  tradeColumns,
  utcDate,
  windowColumns,
  windowValues,
} from "../market/tables.ts";

/** An upsert: its text, and the values to bind for a row. */
export interface Upsert<Row> {
  readonly sql: string;
  readonly valuesOf: (row: Row) => SQLInputValue[];
}

const tradeKey = ["symbol", "trade_timestamp", "trade_id"];
const tradeFields = [...tradeColumns, "version_us"];

const windowKey = ["symbol", "window_start"];
const windowFields = [...windowColumns, "version_us"];

/** Recent trades. */
export const upsertTrade: Upsert<TradeRow> = {
  sql: upsertSql("trades", tradeKey, tradeFields),
  valuesOf: tradeValues,
};

/** Trades without expiry, by day. */
export const upsertTradeOfDay: Upsert<TradeRow> = {
  sql: upsertSql("trades_by_day", ["trade_date", ...tradeKey], tradeFields),
  valuesOf: (row) => [utcDate(row.tradeTimeMs), ...tradeValues(row)],
};

/** 15-second windows. */
export const upsertAverage: Upsert<WindowRow> = {
  sql: upsertSql("running_averages_15_sec", windowKey, windowFields),
  valuesOf: windowBindings,
};

/** Windows of any length without expiry. */
export const upsertCandle: Upsert<WindowRow> = {
  sql: upsertSql("candles", ["resolution", ...windowKey], windowFields),
  valuesOf: (row) => [resolutionName(row.sizeMs), ...windowBindings(row)],
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

function windowBindings(row: WindowRow): SQLInputValue[] {
  const values = windowValues(row).map((value) =>
    typeof value === "boolean" ? Number(value) : value
  );
  return [row.symbol, row.startMs, ...values, row.versionUs];
}
