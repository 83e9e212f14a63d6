import type { TradeRow, WindowRow } from "../market/rows.ts";
import type { Elsewhere, LiveView, SymbolSummary } from "./ports.ts";
import { elsewhereJson, healthJson, streamedCandleJson, tradeJson } from "./wire.ts";

/** A line that clients ignore and proxies count as life. */
export const heartbeatComment = ": heartbeat\n\n";

/** Text of one server-sent event. JSON has no raw line breaks, so one data line is enough. */
function eventText(name: string, data: unknown): string {
  return `event: ${name}\ndata: ${JSON.stringify(data)}\n\n`;
}

/** The `symbols` event, or nothing without symbols. */
export function symbolsEvent(symbols: readonly SymbolSummary[]): string {
  return symbols.length === 0 ? "" : eventText("symbols", { symbols });
}

/** The `candles` event, or nothing without windows. */
export function candlesEvent(windows: readonly WindowRow[]): string {
  if (windows.length === 0) return "";
  return eventText("candles", { candles: windows.map(streamedCandleJson) });
}

/** The `trades` event, or nothing without trades. */
export function tradesEvent(rows: readonly TradeRow[]): string {
  if (rows.length === 0) return "";
  const trades = rows.map((row) => ({ symbol: row.symbol, ...tradeJson(row) }));
  return eventText("trades", { trades });
}

/** The `elsewhere` event. */
export function elsewhereEvent(elsewhere: Elsewhere): string {
  return eventText("elsewhere", elsewhereJson(elsewhere));
}

/** The `health` event. */
export function healthEvent(view: LiveView, nowMs: number): string {
  return eventText("health", healthJson(view, nowMs));
}
