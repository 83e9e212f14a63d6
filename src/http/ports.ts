import type { TradeRow, WindowRow } from "../market/rows.ts";
import type { TaskStatus } from "../streams/status.ts";

/** A symbol at a glance. */
export interface SymbolSummary {
  readonly symbol: string;
  /** Price and event time (epoch ms) of the latest trade. */
  readonly price: number;
  readonly time: number;
  /** Volume and number of trades of the UTC day of that trade. */
  readonly volume: number;
  readonly count: number;
}

/** Where the trades come from; shown wherever they are shown. */
export type FeedKind = "live" | "simulated" | "replay";

/** What one commit changed. */
export interface LiveUpdate {
  /** Latest trades of each symbol, bounded per commit, in input order. */
  readonly trades: readonly TradeRow[];
  /** Every window that changed, of every length. */
  readonly windows: readonly WindowRow[];
  /** Summaries of the symbols that changed. */
  readonly symbols: readonly SymbolSummary[];
}

/** Which candles are asked for. */
export interface CandleRange {
  /** Their length, ms: one of the resolutions. */
  readonly sizeMs: number;
  /** First window start, epoch ms, inclusive. */
  readonly fromMs?: number;
  /** Bound of the window starts, epoch ms, exclusive. */
  readonly toMs?: number;
  /** How many at most: the newest ones of the range. */
  readonly limit: number;
}

/** Whether the program does its work, and what stands in the way. */
export interface Health {
  readonly ready: boolean;
  readonly problems: readonly string[];
}

/** What the HTTP surface shows; built by the mains over the engine and the sink. */
export interface LiveView {
  readonly application: string;
  readonly topic: string;
  readonly feed: FeedKind;
  symbols(): readonly SymbolSummary[];
  /** Committed windows, oldest first; `undefined` for a symbol nobody has seen. */
  candles(symbol: string, range: CandleRange): Promise<readonly WindowRow[] | undefined>;
  /** Latest trades, newest first. */
  trades(symbol: string, limit: number): Promise<readonly TradeRow[]>;
  tasks(): readonly TaskStatus[];
  health(): Health;
  /** Calls back after every commit; returns how to stop that. */
  subscribe(listener: (update: LiveUpdate) => void): () => void;
}
