/** A row of the raw trades; goes to `trades`, `trades_by_day` or both. */
export interface TradeRow {
  readonly kind: "trade";
  readonly symbol: string;
  readonly tradeTimeMs: number;
  readonly tradeId: bigint;
  readonly price: number;
  readonly volume: number;
  /** Codes joined by a comma; `null` when the feed sent none. */
  readonly conditions: string | null;
  /** When the frame was received, epoch ms; the same at every replay. */
  readonly receivedAtMs: number;
  /** Write time, microseconds: higher wins, equal means the same bytes. */
  readonly versionUs: number;
}

/** A row of a window; open, high, low, close are `null` while no trade could move the price. */
export interface WindowRow {
  readonly kind: "window";
  readonly symbol: string;
  /** Window length, ms. */
  readonly sizeMs: number;
  readonly startMs: number;
  readonly endMs: number;
  readonly open: number | null;
  readonly high: number | null;
  readonly low: number | null;
  readonly close: number | null;
  readonly volume: number;
  readonly count: number;
  /** Mean of price * volume over the window's trades: the original's running average. */
  readonly priceVolumeMultiply: number;
  /** sum(price * volume) / sum(volume); `null` when the volume is 0. */
  readonly vwap: number | null;
  /** True once the window is closed and cannot change any more. */
  readonly final: boolean;
  /** When the last frame that changed the window was received, epoch ms. */
  readonly receivedAtMs: number;
  /** Write time, microseconds: higher wins, equal means the same bytes. */
  readonly versionUs: number;
}

/** A window on the results topic: its key says what kind of row it is, its ends how long. */
export type PublishedWindow = Omit<WindowRow, "kind" | "sizeMs">;

/** What the market topology sends to its sink. */
export type MarketRow = TradeRow | WindowRow;
