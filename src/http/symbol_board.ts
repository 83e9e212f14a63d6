import type { TradeRow, WindowRow } from "../market/rows.ts";
import { summaryWindowMs } from "../market/tables.ts";
import type { SymbolSummary } from "./ports.ts";

/** Length of a UTC day, ms. */
export const dayMs = 86_400_000;

/** What a window adds to its day. */
interface Share {
  readonly volume: number;
  readonly count: number;
}

/** One symbol's last price and its day's sums. */
interface Entry {
  price: number;
  timeMs: number;
  /** Windows of the UTC day of the last trade by their start; at most one day's. */
  readonly shares: Map<number, Share>;
  volume: number;
  count: number;
}

/**
 * Every symbol at a glance, kept up to date from what commits changed.
 *
 * Owner: the market view. Bounded by the number of symbols times the windows of a day.
 */
export class SymbolBoard {
  readonly #partitionOf: (symbol: string) => number;
  readonly #entries = new Map<string, Entry>();

  /** @param partitionOf The partition that a symbol belongs to. */
  constructor(partitionOf: (symbol: string) => number) {
    this.#partitionOf = partitionOf;
  }

  /** All symbols by name. */
  get summaries(): SymbolSummary[] {
    return [...this.#entries.keys()].sort().map((symbol) => this.summary(symbol) as SymbolSummary);
  }

  /** One symbol, or `undefined` if nothing is known of it. */
  summary(symbol: string): SymbolSummary | undefined {
    const entry = this.#entries.get(symbol);
    if (entry === undefined) return undefined;
    const { price, timeMs, volume, count } = entry;
    return { symbol, partition: this.#partitionOf(symbol), price, time: timeMs, volume, count };
  }

  /** Takes in a trade: the newest by event time gives the price. */
  trade({ symbol, price, tradeTimeMs }: Pick<TradeRow, "symbol" | "price" | "tradeTimeMs">): void {
    const entry = this.#entries.get(symbol);
    if (entry === undefined) {
      const fresh = { price, timeMs: tradeTimeMs, shares: new Map(), volume: 0, count: 0 };
      this.#entries.set(symbol, fresh);
    } else if (tradeTimeMs >= entry.timeMs) {
      if (dayOf(tradeTimeMs) !== dayOf(entry.timeMs)) startDay(entry);
      entry.price = price;
      entry.timeMs = tradeTimeMs;
    }
  }

  /** Takes in a window as it stands now; longer candles hold nothing that these do not. */
  window({ symbol, sizeMs, startMs, volume, count }: WindowRow): void {
    if (sizeMs !== summaryWindowMs) return;
    const entry = this.#entries.get(symbol);
    if (entry === undefined || dayOf(startMs) !== dayOf(entry.timeMs)) return;
    const before = entry.shares.get(startMs);
    entry.shares.set(startMs, { volume, count });
    entry.volume += volume - (before?.volume ?? 0);
    entry.count += count - (before?.count ?? 0);
  }
}

/** Start of the UTC day, epoch ms. */
export function dayOf(timeMs: number): number {
  return timeMs - (timeMs % dayMs);
}

function startDay(entry: Entry): void {
  entry.shares.clear();
  entry.volume = 0;
  entry.count = 0;
}
