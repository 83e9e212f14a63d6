import type { Directory } from "./directory.ts";
import {
  candlesEvent,
  type StreamedCandle,
  type StreamedTrade,
  symbolsEvent,
  tradesEvent,
} from "./events.ts";
import type { SymbolSummary } from "./ports.ts";

/** Latest trades that wait for a reader: what a page's tape can show. */
const tradesWaitingMax = 80;

/** Windows that may wait for a reader; with more it has to ask for them. */
const candlesWaitingMax = 5_000;

/** What one client of the live stream looks at. */
export interface Subscription {
  /** The symbol whose trades and candles are sent in full; `undefined` for none. */
  readonly symbol: string | undefined;
  /** Name of the length of its candles. */
  readonly resolution: string;
  /** Symbols whose summaries are sent. */
  readonly rows: ReadonlySet<string>;
  /** The version of the list of names that the client has; "" for none. */
  readonly listed: string;
}

/** What one commit changed, here or elsewhere, as clients are told. */
export interface StreamUpdate {
  readonly candles: readonly StreamedCandle[];
  readonly trades: readonly StreamedTrade[];
  readonly symbols: readonly SymbolSummary[];
}

/**
 * What one reader looks at and has not been sent yet. It grows with what is looked at, not with
 * the market: later versions take the place of earlier ones until the reader has time for them.
 */
export class Viewer {
  readonly #subscription: Subscription;
  readonly #rows = new Set<string>();
  /** By their starts. */
  readonly #candles = new Map<number, StreamedCandle>();
  #trades: StreamedTrade[] = [];
  /** Of what is said every now and then only the latest counts, by the name of the event. */
  readonly #news = new Map<"health" | "elsewhere", string>();
  #fresh = "";

  constructor(subscription: Subscription) {
    this.#subscription = subscription;
    for (const row of subscription.rows) this.#rows.add(row);
  }

  /** The symbol that is sent in full. */
  get symbol(): string | undefined {
    return this.#subscription.symbol;
  }

  /** More waits than a reader can catch up with. */
  get isBehind(): boolean {
    return this.#candles.size > candlesWaitingMax;
  }

  /** Keeps what is looked at. */
  take({ candles, trades, symbols }: StreamUpdate): void {
    const { symbol: watched, resolution, rows } = this.#subscription;
    for (const { symbol } of symbols) if (rows.has(symbol)) this.#rows.add(symbol);
    for (const candle of candles) {
      if (candle.symbol === watched && candle.resolution === resolution) {
        this.#candles.set(candle.start, candle);
      }
    }
    this.#trades.push(...trades.filter(({ symbol }) => symbol === watched));
    this.#trades.splice(0, this.#trades.length - tradesWaitingMax);
  }

  /** Keeps an event in place of the one before of its kind. */
  tell(kind: "health" | "elsewhere", event: string): void {
    this.#news.set(kind, event);
  }

  /** Keeps names that are new to the list. */
  list(event: string): void {
    this.#fresh += event;
  }

  /** All that waits, as text of events; nothing waits afterwards. */
  flush(directory: Directory): string {
    const summaries = [...this.#rows].flatMap((symbol) => directory.summary(symbol) ?? []);
    const text = [...this.#news.values()].join("") + this.#fresh +
      candlesEvent([...this.#candles.values()]) + tradesEvent(this.#trades) +
      symbolsEvent(summaries, directory.latestMs);
    this.#rows.clear();
    this.#candles.clear();
    this.#trades = [];
    this.#news.clear();
    this.#fresh = "";
    return text;
  }
}
