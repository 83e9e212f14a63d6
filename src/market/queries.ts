import type { TradeRow, WindowRow } from "./rows.ts";

/** What results can be kept in. */
export type ResultPlace = "cassandra" | "sqlite" | "none";

/** Which candles are asked for. */
export interface CandleQuery {
  /** Starts in `[fromMs, toMs)`, epoch ms. */
  readonly fromMs: number;
  readonly toMs: number;
  /** How many at most, >= 1: the newest ones of the range. */
  readonly limit: number;
}

/** A stretch of candles without a gap at its newer end. */
export interface CandlePage {
  /** Newest first. */
  readonly rows: readonly WindowRow[];
  /**
   * Where the search stopped, epoch ms: the `toMs` of a query for the rest of the range. `undefined`
   * once there is nothing older in it. A page may be shorter than its limit, or empty, and have a
   * rest: reading is bounded, too.
   */
  readonly restToMs: number | undefined;
}

/** Reads what a sink holds, for people and pages. */
export interface ResultReader {
  readonly place: ResultPlace;
  /** A symbol's latest trades, newest first. */
  trades(symbol: string, limit: number): Promise<TradeRow[]>;
  /**
   * A symbol's 15-second windows that start in `[fromMs, toMs)`, oldest first, of the table that
   * keeps them for a time.
   */
  windows(symbol: string, fromMs: number, toMs: number): Promise<WindowRow[]>;
  /** A symbol's candles of one of the resolutions, of the table that keeps them without expiry. */
  candles(symbol: string, sizeMs: number, query: CandleQuery): Promise<CandlePage>;
}

/** Reads where nothing is kept: what the state does not have is not to be had. */
export const noTables: ResultReader = {
  place: "none",
  trades: () => Promise.resolve([]),
  windows: () => Promise.resolve([]),
  candles: () => Promise.resolve({ rows: [], restToMs: undefined }),
};

/** The page that ends a search in which rows were found; reading reached `limit` or the end. */
export function candlePage(
  rows: readonly WindowRow[],
  { fromMs, limit }: Pick<CandleQuery, "fromMs" | "limit">,
): CandlePage {
  const last = rows.at(-1);
  const isDone = last === undefined || rows.length < limit || last.startMs <= fromMs;
  return { rows, restToMs: isDone ? undefined : last.startMs };
}
