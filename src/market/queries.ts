import type { TradeRow, WindowRow } from "./rows.ts";

/** Reads what a sink holds, for people and pages. */
export interface ResultReader {
  /** A symbol's latest trades, newest first. */
  trades(symbol: string, limit: number): Promise<TradeRow[]>;
  /** A symbol's 15-second windows that start in `[fromMs, toMs)`, oldest first. */
  windows(symbol: string, fromMs: number, toMs: number): Promise<WindowRow[]>;
}
