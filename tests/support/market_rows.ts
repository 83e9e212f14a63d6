import type { TradeRow, WindowRow } from "../../src/market/rows.ts";
import { summaryWindowMs } from "../../src/market/tables.ts";

/** 2025-03-10T23:59:00Z: a minute before a day ends. */
export const rowsStartMs = 1_741_651_140_000;

/** A trade row with every field set, changed as told. */
export function tradeRowWith(changes: Partial<TradeRow> = {}): TradeRow {
  return {
    kind: "trade",
    symbol: "BINANCE:BTCUSDT",
    tradeTimeMs: rowsStartMs,
    tradeId: 65_537n,
    price: 83_412.07,
    volume: 0.00013,
    conditions: "1,12",
    receivedAtMs: rowsStartMs + 85,
    versionUs: rowsStartMs * 1_000,
    ...changes,
  };
}

/** A row of a shortest window with every field set, changed as told. */
export function windowRowWith(changes: Partial<WindowRow> = {}): WindowRow {
  const startMs = changes.startMs ?? rowsStartMs;
  return {
    kind: "window",
    symbol: "BINANCE:BTCUSDT",
    sizeMs: summaryWindowMs,
    startMs,
    endMs: startMs + (changes.sizeMs ?? summaryWindowMs),
    open: 83_412.07,
    high: 83_420.5,
    low: 83_400.25,
    close: 83_401,
    volume: 12.75,
    count: 431,
    priceVolumeMultiply: 2_467.3125,
    vwap: 83_409.875,
    final: false,
    receivedAtMs: startMs + 14_900,
    versionUs: (startMs + 14_900) * 1_000,
    ...changes,
  };
}
