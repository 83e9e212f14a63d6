// @ts-check
import { CandleHistory } from "./candle_history.js";
import { decimalsOf } from "./format.js";

/** @typedef {import("../wire.ts").CandleJson} Candle */
/** @typedef {{ symbol: string, price: number, time: number, volume: number, count: number }} Summary */

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
   * @returns {{ symbol: string, price: number, change: number | undefined, closes: number[] } | undefined}
   */
  view(symbol) {
    const summary = this.#summaries.get(symbol);
    if (summary === undefined) return undefined;
    /** @type {readonly Candle[]} */
    const candles = this.#histories.get(symbol)?.recent(lookBackMs) ?? [];
    const base = candles.find(({ open }) => open !== null)?.open;
    const change = base === undefined || base === null || base === 0
      ? undefined
      : (summary.price - base) / Math.abs(base);
    const closes = candles.flatMap(({ close }) => close ?? []);
    return { symbol, price: summary.price, change, closes };
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
