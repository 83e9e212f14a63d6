import type { ResultPlace } from "../market/queries.ts";
import type { TradeRow, WindowRow } from "../market/rows.ts";
import type { StandbyStatus, TaskStatus } from "../streams/status.ts";

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

/** Where rows were read: in this instance's committed state, or where results are kept. */
export type AnswerPlace = "state" | ResultPlace;

/** Rows and where they come from. */
export interface Found<Row> {
  readonly from: AnswerPlace;
  readonly rows: readonly Row[];
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
  /**
   * Committed windows, oldest first: from the state if the symbol's partition is open here, else
   * from where results are kept. `undefined` for a symbol nobody has seen.
   */
  candles(symbol: string, range: CandleRange): Promise<Found<WindowRow> | undefined>;
  /** Latest trades, newest first; `undefined` for a symbol nobody has seen. */
  trades(symbol: string, limit: number): Promise<Found<TradeRow> | undefined>;
  /**
   * Where another instance has the symbol's state and can be reached: a URL without a trailing
   * slash. `undefined` where the answer is to be given here.
   */
  ownerOf(symbol: string): Promise<string | undefined>;
  tasks(): readonly TaskStatus[];
  standbys(): readonly StandbyStatus[];
  health(): Health;
  /** Calls back after every commit; returns how to stop that. */
  subscribe(listener: (update: LiveUpdate) => void): () => void;
}
