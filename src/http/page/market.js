// @ts-check
import { CandleHistory } from "./candle_history.js";
import { decimalsOf } from "./format.js";

/** @typedef {import("../wire.ts").CandleJson} Candle */
/**
 * @typedef {object} SymbolView What is shown of a symbol at a glance.
 * @property {string} symbol
 * @property {number} price
 * @property {number | undefined} change Ratio to the price at the beginning of the look back.
 * @property {number} minutes How far back that is: less than half an hour for a young symbol.
 * @property {readonly number[]} closes
 */
/** @typedef {import("../ports.ts").SymbolSummary} Summary */

/** How far back change and sparkline look, ms of event time. */
export const lookBackMs = 30 * 60_000;

/** Candles kept of each symbol for its sparkline: half an hour of 15-second windows. */
export const sparkCandlesMax = 120;

/** What the page knows of all symbols. */
export class Market {
  /** @type {Map<string, Summary>} */
  #summaries = new Map();
  /** @type {Map<string, CandleHistory>} */
  #histories = new Map();

  /** @returns {string[]} In the order of their names. */
  get symbols() {
    return [...this.#summaries.keys()].sort();
  }

  /** Event time of the latest trade of all, epoch ms. */
  get latestTimeMs() {
    return Math.max(0, ...[...this.#summaries.values()].map(({ time }) => time));
  }

  /**
   * The symbols of some partitions, in the order of their names.
   *
   * @param {readonly number[]} partitions
   * @returns {string[]}
   */
  symbolsOf(partitions) {
    return this.symbols.filter((symbol) => {
      const partition = this.#summaries.get(symbol)?.partition;
      return partition !== undefined && partitions.includes(partition);
    });
  }

  /** @param {string} symbol */
  summary(symbol) {
    return this.#summaries.get(symbol);
  }

  /** @param {readonly Summary[]} summaries */
  addSummaries(summaries) {
    for (const summary of summaries) this.#summaries.set(summary.symbol, summary);
  }

  /**
   * @param {string} symbol
   * @param {readonly Candle[]} candles
   */
  addCandles(symbol, candles) {
    const history = this.#histories.get(symbol) ?? new CandleHistory(sparkCandlesMax);
    this.#histories.set(symbol, history);
    history.merge(candles);
  }

  /**
   * What a row of the list shows of a symbol.
   *
   * @param {string} symbol
   * @returns {SymbolView | undefined}
   */
  view(symbol) {
    const summary = this.#summaries.get(symbol);
    if (summary === undefined) return undefined;
    /** @type {readonly Candle[]} */
    const candles = this.#histories.get(symbol)?.recent(lookBackMs) ?? [];
    const first = candles.find(({ open }) => open !== null);
    const base = first?.open;
    const spanMs = (candles.at(-1)?.end ?? 0) - (first?.start ?? 0);
    const change = base === undefined || base === null || base === 0
      ? undefined
      : (summary.price - base) / Math.abs(base);
    const closes = candles.flatMap(({ close }) => close ?? []);
    const minutes = Math.max(1, Math.round(spanMs / 60_000));
    return { symbol, price: summary.price, change, minutes, closes };
  }
}

/**
 * Decimals that show the prices of these candles.
 *
 * @param {readonly Candle[]} candles
 * @returns {number}
 */
export function candleDecimals(candles) {
  return decimalsOf(candles.slice(-200).flatMap(({ open, close }) => [open ?? 0, close ?? 0]));
}
