/** A row of a table of windows, by the table's column names; times are epoch ms. */
export interface ResultWindow {
  readonly symbol: string;
  readonly window_start: number;
  readonly window_end: number;
  readonly open: number | null;
  readonly high: number | null;
  readonly low: number | null;
  readonly close: number | null;
  readonly volume: number;
  readonly trade_count: number;
  readonly price_volume_multiply: number;
  readonly vwap: number | null;
  readonly final: boolean;
}

/** The windows that a table holds, under the name that mismatches are shown with. */
export interface WindowTable {
  readonly name: string;
  /** Length of the windows, ms. */
  readonly sizeMs: number;
  rows(): AsyncIterable<ResultWindow>;
}

/** How many trades a table holds for one symbol, or for one symbol and UTC date. */
export interface TradeCount {
  readonly symbol: string;
  readonly date?: string;
  readonly count: number;
}

/** The counts of one table of trades. */
export interface TradeTable {
  readonly name: string;
  /** True when it counts by symbol and date. */
  readonly byDay: boolean;
  counts(): Promise<readonly TradeCount[]>;
}

/** Results of a run, from wherever they are. */
export interface Results extends AsyncDisposable {
  readonly windowTables: readonly WindowTable[];
  readonly tradeTables: readonly TradeTable[];
}

/** Names of the window lengths in the table of candles, with their length in ms. */
export const resolutions: readonly (readonly [name: string, sizeMs: number])[] = [
  ["15s", 15_000],
  ["1m", 60_000],
  ["5m", 300_000],
  ["1h", 3_600_000],
  ["1d", 86_400_000],
];

/** Length of the original's windows, ms. */
export const summarySizeMs = 15_000;

/** Which tables are looked at. */
export interface TableChoice {
  /** Table of the 15-second windows. */
  readonly summaryTable: string;
  /** Table of the recent trades. */
  readonly tradeTable: string;
  /** Names of the trades tables that the run wrote. */
  readonly tradesTables: readonly ("recent" | "history")[];
}

/** Columns of a window, in the order in which they are asked for. */
export const windowColumns: readonly (keyof ResultWindow)[] = [
  "symbol",
  "window_start",
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
];
