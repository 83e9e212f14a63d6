import type { TradeRow, WindowRow } from "../market/rows.ts";
import type { Elsewhere, LiveView, SymbolSummary } from "./ports.ts";
import {
  type CandleJson,
  elsewhereJson,
  healthJson,
  streamedCandleJson,
  type TradeJson,
  tradeJson,
} from "./wire.ts";

/** A window as the stream sends it. */
export type StreamedCandle = CandleJson & { readonly symbol: string; readonly resolution: string };

/** A trade as the stream sends it. */
export type StreamedTrade = TradeJson & { readonly symbol: string };

/** Text of one server-sent event. JSON has no raw line breaks, so one data line is enough. */
function eventText(name: string, data: unknown): string {
  return `event: ${name}\ndata: ${JSON.stringify(data)}\n\n`;
}

/**
 * The `symbols` event, or nothing without symbols.
 *
 * @param latest Event time of the latest trade of any symbol, epoch ms, where it is known.
 */
export function symbolsEvent(symbols: readonly SymbolSummary[], latest?: number): string {
  return symbols.length === 0 ? "" : eventText("symbols", { symbols, latest });
}

/** The `symbols` event that names the time of the latest trade alone, or nothing before the first. */
export function latestEvent(latest: number): string {
  return latest === 0 ? "" : eventText("symbols", { symbols: [], latest });
}

/** A symbol's name and where it belongs. */
export type ListedSymbol = Pick<SymbolSummary, "symbol" | "partition">;

/** What is said of a list of names. */
export interface ListingState {
  /** Of the list, once the names beside it are in it; one instance's has it at its end alone. */
  readonly version?: string;
  /** How many symbols there are in all; absent of one instance's. */
  readonly total?: number;
}

/** The `listing` event: names by their partitions. */
export function listingEvent(listed: Iterable<ListedSymbol>, state: ListingState): string {
  const partitions: Record<number, string[]> = {};
  for (const { partition, symbol } of listed) (partitions[partition] ??= []).push(symbol);
  return eventText("listing", { partitions, ...state });
}

/** Windows in the form of the `candles` event. */
export function streamedCandles(windows: readonly WindowRow[]): StreamedCandle[] {
  return windows.map(streamedCandleJson);
}

/** The `candles` event, or nothing without windows. */
export function candlesEvent(candles: readonly StreamedCandle[]): string {
  return candles.length === 0 ? "" : eventText("candles", { candles });
}

/** Trades in the form of the `trades` event. */
export function streamedTrades(rows: readonly TradeRow[]): StreamedTrade[] {
  return rows.map((row) => ({ symbol: row.symbol, ...tradeJson(row) }));
}

/** The `trades` event, or nothing without trades. */
export function tradesEvent(trades: readonly StreamedTrade[]): string {
  return trades.length === 0 ? "" : eventText("trades", { trades });
}

/** The `elsewhere` event. */
export function elsewhereEvent(elsewhere: Elsewhere): string {
  return eventText("elsewhere", elsewhereJson(elsewhere));
}

/** The `health` event. */
export function healthEvent(view: LiveView, nowMs: number): string {
  return eventText("health", healthJson(view, nowMs));
}
