import type { CandlePage, ResultPlace } from "../market/queries.ts";
import type { TradeRow, WindowRow } from "../market/rows.ts";
import type { StandbyStatus, TaskStatus } from "../streams/task/status.ts";

/** A symbol at a glance. */
export interface SymbolSummary {
  readonly symbol: string;
  /** Of the input, by the symbol as key: says whose the symbol is. */
  readonly partition: number;
  /** Price and event time (epoch ms) of the latest trade. */
  readonly price: number;
  readonly time: number;
  /** Volume and number of trades of the UTC day of that trade. */
  readonly volume: number;
  readonly count: number;
}

/** Where the trades come from; shown wherever they are shown. */
export type FeedKind = "live" | "simulated" | "replay";

/** Who has which partitions. */
export interface Partitions {
  /** Open here, so that their symbols are known. */
  readonly own: readonly number[];
  /**
   * All others with where the instance that has them is asked by this one: a URL without a trailing
   * slash; `undefined` where it is not known.
   */
  readonly others: ReadonlyMap<number, string | undefined>;
}

/** What is heard of the partitions that other instances have. */
export interface Elsewhere {
  /** An instance works on these. */
  readonly heard: readonly number[];
  /** No instance answers for these: what is known of their symbols is of before. */
  readonly missing: readonly number[];
  /** The latest commit of all, by the clock of this instance, epoch ms. */
  readonly lastCommitMs: number | undefined;
}

/** What one commit changed. */
export interface LiveUpdate {
  /** Latest trades of each symbol, bounded per commit, in input order. */
  readonly trades: readonly TradeRow[];
  /** Every window that changed, of every length. */
  readonly windows: readonly WindowRow[];
  /** Summaries of the symbols that changed. */
  readonly symbols: readonly SymbolSummary[];
  /** Those of them that were not there before. */
  readonly added: readonly SymbolSummary[];
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

/** How many rows, one after another, come from where. */
export interface CandlePart {
  readonly from: AnswerPlace;
  readonly count: number;
}

/** A page of candles, and where its rows come from, in their order. */
export interface FoundCandles extends CandlePage {
  readonly parts: readonly CandlePart[];
}

/** Trades and where they come from. */
export interface FoundTrades {
  readonly from: ResultPlace;
  readonly rows: readonly TradeRow[];
}

/** Whether the program does its work, and what stands in the way. */
export interface Health {
  readonly ready: boolean;
  readonly problems: readonly string[];
  /** What people should know although the program works: a feed without trades. */
  readonly notices?: readonly string[];
}

/** What became of the input since the program started. */
export interface InputStatus {
  /** Trades that got into their windows. */
  readonly passed: number;
  readonly late: number;
  /** Trades and messages that were refused, those that never reached a task included. */
  readonly deadLetters: number;
  /** When a trade last got through, epoch ms; `undefined` before the first. */
  readonly lastPassedMs: number | undefined;
  /** What keeps every trade out, as a sentence; `undefined` while any gets through. */
  readonly blocked: string | undefined;
}

/** Of a program that has read nothing yet. */
export const noInput: InputStatus = {
  passed: 0,
  late: 0,
  deadLetters: 0,
  lastPassedMs: undefined,
  blocked: undefined,
};

/** What the HTTP surface shows; built by the mains over the engine and the sink. */
export interface LiveView {
  readonly application: string;
  readonly topic: string;
  readonly feed: FeedKind;
  /**
   * Finds out what is to be said of all symbols, and keeps that up to date until it is disposed of,
   * or until the last subscriber has gone.
   */
  look(): Promise<Disposable>;
  /**
   * Every symbol of the partitions that this instance has, or had while someone looked, in any order,
   * each as it is when it is asked for.
   */
  eachSymbol(): Iterable<SymbolSummary>;
  /** One of them; `undefined` for one that is not there. */
  symbol(name: string): SymbolSummary | undefined;
  /** `undefined` until it is known which partitions there are. */
  partitions(): Partitions | undefined;
  /**
   * Committed windows, newest first: from the state if the symbol's partition is open here, and what
   * that no longer has from where results are kept. `undefined` for an unknown symbol.
   */
  candles(symbol: string, range: CandleRange): Promise<FoundCandles | undefined>;
  /** Latest trades, newest first; `undefined` for an unknown symbol. */
  trades(symbol: string, limit: number): Promise<FoundTrades | undefined>;
  /**
   * Where the instance is asked that has the symbol's state, if it is another one and answers.
   * `undefined` where the answer is to be given here.
   */
  ownerOf(symbol: string): Promise<string | undefined>;
  tasks(): readonly TaskStatus[];
  standbys(): readonly StandbyStatus[];
  health(): Health;
  input(): InputStatus;
  /** Calls back after every commit; returns how to stop that. */
  subscribe(listener: (update: LiveUpdate) => void): () => void;
}
