import {
  candlesEvent,
  type StreamedCandle,
  type StreamedTrade,
  symbolsEvent,
  tradesEvent,
} from "./events.ts";
import type { SymbolSummary } from "./ports.ts";

/** Latest trades of a symbol that wait for a reader: what a page's tape can show. */
const tradesOfSymbolMax = 80;

/** Trades that wait for a reader in all, at most: half a megabyte. */
const tradesWaitingMax = 4_000;

/** Windows that may wait for a reader; with more it has to ask for them. */
const candlesWaitingMax = 5_000;

/** Symbols that one client may look at: a tall screen shows fifty, another instance's readers many. */
export const lookedAtMax = 1_000;

/** What one client of the live stream looks at. */
export interface Subscription {
  /** Symbols whose trades and candles are sent in full. */
  readonly symbols: ReadonlySet<string>;
  /** Name of the length of their candles; `undefined` for every length. */
  readonly resolution: string | undefined;
  /** Symbols whose summaries are sent. */
  readonly rows: ReadonlySet<string> | "all";
  /** The version of the list of names that the client has; "" for none. */
  readonly listed: string;
}

/** What one commit changed, here or elsewhere, as clients are told. */
export interface StreamUpdate {
  readonly candles: readonly StreamedCandle[];
  readonly trades: readonly StreamedTrade[];
  readonly symbols: readonly SymbolSummary[];
}

/** Where a reader's summaries are. */
export interface Summaries {
  summary(symbol: string): SymbolSummary | undefined;
  /** Event time of the latest trade of all, epoch ms; 0 before the first. */
  readonly latestMs: number;
}

/**
 * What one reader looks at and has not been sent yet. It grows with what is looked at, not with
 * the market: later versions take the place of earlier ones until the reader has time for them.
 */
export class Viewer {
  readonly #subscription: Subscription;
  readonly #rows = new Set<string>();
  readonly #tradesOfSymbolMax: number;
  /** By start, length and symbol. */
  readonly #candles = new Map<string, StreamedCandle>();
  readonly #trades = new Map<string, StreamedTrade[]>();
  /** Of what is said every now and then only the latest counts, by the name of the event. */
  readonly #news = new Map<"health" | "elsewhere" | "latest", string>();
  #fresh = "";

  constructor(subscription: Subscription) {
    this.#subscription = subscription;
    const { rows, symbols } = subscription;
    this.#tradesOfSymbolMax = Math.min(tradesOfSymbolMax, tradesWaitingMax / symbols.size);
    if (rows !== "all") { for (const row of rows) this.#rows.add(row); }
  }

  /** The symbols that are sent in full. */
  get symbols(): ReadonlySet<string> {
    return this.#subscription.symbols;
  }

  /** The symbols whose summaries are sent. */
  get rows(): ReadonlySet<string> | "all" {
    return this.#subscription.rows;
  }

  /** More waits than a reader can catch up with. */
  get isBehind(): boolean {
    return this.#candles.size > candlesWaitingMax;
  }

  /** Keeps what is looked at. */
  take({ candles, trades, symbols }: StreamUpdate): void {
    const { symbols: full, resolution, rows } = this.#subscription;
    for (const { symbol } of symbols) {
      if (rows === "all" || rows.has(symbol)) this.#rows.add(symbol);
    }
    for (const candle of candles) {
      if (full.has(candle.symbol) && candle.resolution === (resolution ?? candle.resolution)) {
        this.#candles.set(`${candle.start} ${candle.resolution} ${candle.symbol}`, candle);
      }
    }
    for (const trade of trades) if (full.has(trade.symbol)) this.#keep(trade);
  }

  /** Keeps an event in place of the one before of its kind. */
  tell(kind: "health" | "elsewhere" | "latest", event: string): void {
    this.#news.set(kind, event);
  }

  /** Keeps names that are new to the list. */
  list(event: string): void {
    this.#fresh += event;
  }

  /** All that waits, as text of events; nothing waits afterwards. */
  flush(known: Summaries): string {
    const summaries = [...this.#rows].flatMap((symbol) => known.summary(symbol) ?? []);
    const text = [...this.#news.values()].join("") + this.#fresh +
      candlesEvent([...this.#candles.values()]) + tradesEvent([...this.#trades.values()].flat()) +
      symbolsEvent(summaries, known.latestMs);
    this.#rows.clear();
    this.#candles.clear();
    this.#trades.clear();
    this.#news.clear();
    this.#fresh = "";
    return text;
  }

  #keep(trade: StreamedTrade): void {
    const kept = this.#trades.get(trade.symbol) ?? [];
    this.#trades.set(trade.symbol, kept);
    kept.push(trade);
    if (kept.length > this.#tradesOfSymbolMax) kept.shift();
  }
}
