import type { TradeRow, WindowRow } from "../../market/rows.ts";
import type { SymbolSummary } from "../ports.ts";

/** Length of a UTC day, ms. */
export const dayMs = 86_400_000;

/** One symbol's last price, and the sums of its candle of that UTC day. */
interface Entry {
  price: number;
  timeMs: number;
  volume: number;
  count: number;
}

/**
 * Every symbol at a glance, kept up to date from what commits changed while someone looks.
 *
 * Owner: the market view. Bounded by the number of symbols.
 */
export class SymbolBoard {
  readonly #partitionOf: (symbol: string) => number;
  readonly #entries = new Map<string, Entry>();

  /** @param partitionOf The partition that a symbol belongs to. */
  constructor(partitionOf: (symbol: string) => number) {
    this.#partitionOf = partitionOf;
  }

  /** Knows of none any more. */
  clear(): void {
    this.#entries.clear();
  }

  /** All symbols, each as it is when it is asked for. */
  *each(): Iterable<SymbolSummary> {
    for (const symbol of this.#entries.keys()) yield this.summary(symbol) as SymbolSummary;
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
      this.#entries.set(symbol, { price, timeMs: tradeTimeMs, volume: 0, count: 0 });
    } else if (tradeTimeMs >= entry.timeMs) {
      if (dayOf(tradeTimeMs) !== dayOf(entry.timeMs)) entry.volume = entry.count = 0;
      entry.price = price;
      entry.timeMs = tradeTimeMs;
    }
  }

  /**
   * Takes in a window as it stands now: the sums are those of the day's candle. Where no rows of
   * trades are made (`TRADES_TABLES=`), its close is the last price.
   *
   * @param closedAtMs When that was traded, as far as is known.
   */
  window(row: WindowRow, closedAtMs: number = row.startMs): void {
    const { symbol, sizeMs, startMs, close, volume, count } = row;
    if (close !== null) this.trade({ symbol, price: close, tradeTimeMs: closedAtMs });
    const entry = this.#entries.get(symbol);
    if (sizeMs !== dayMs || entry === undefined || startMs !== dayOf(entry.timeMs)) return;
    entry.volume = volume;
    entry.count = count;
  }
}

/** Start of the UTC day, epoch ms. */
function dayOf(timeMs: number): number {
  return timeMs - (timeMs % dayMs);
}
