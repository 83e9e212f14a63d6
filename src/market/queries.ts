import type { TradeRow, WindowRow } from "./rows.ts";

/** What results can be kept in. */
export type ResultPlace = "cassandra" | "sqlite";

/** Which candles are asked for. */
export interface CandleQuery {
  /** Starts in `[fromMs, toMs)`, epoch ms. */
  readonly fromMs: number;
  readonly toMs: number;
  /** How many at most: the newest ones of the range. */
  readonly limit: number;
}

/** Reads what a sink holds, for people and pages. */
export interface ResultReader {
  readonly place: ResultPlace;
  /** A symbol's latest trades, newest first. */
  trades(symbol: string, limit: number): Promise<TradeRow[]>;
  /**
   * A symbol's 15-second windows that start in `[fromMs, toMs)`, oldest first.
   *
   * @param limit How many at most: the newest ones of the range; all of them if unset.
   */
  windows(symbol: string, fromMs: number, toMs: number, limit?: number): Promise<WindowRow[]>;
  /** A symbol's long-term candles of a length in whole minutes, oldest first. */
  candles(symbol: string, sizeMs: number, query: CandleQuery): Promise<WindowRow[]>;
}
