// @ts-check
import { decimalsOf } from "./format.js";
import { Spark } from "./spark.js";

/** @typedef {import("../wire.ts").CandleJson} Candle */
/** @typedef {import("../ports.ts").SymbolSummary} Summary */
/**
 * @typedef {object} SymbolView What is shown of a symbol at a glance.
 * @property {string} symbol
 * @property {number | undefined} price `undefined` until it is heard of.
 * @property {number} decimals
 * @property {number | undefined} change Ratio to the price at the beginning of the look back.
 * @property {number} minutes How far back that is: less than half an hour for a young symbol.
 * @property {readonly number[]} closes
 */

/** What the page knows of all symbols: every name, and more of those that were looked at. */
export class Market {
  /** @type {string[]} */
  #names = [];
  /** @type {Map<string, number>} */
  #partitions = new Map();
  /** @type {Map<string, Summary>} */
  #summaries = new Map();
  /** @type {Map<string, Spark>} */
  #sparks = new Map();
  /** @type {Map<string, number>} */
  #decimals = new Map();

  /** @returns {readonly string[]} In their order. */
  get names() {
    return this.#names;
  }

  /**
   * Takes the names of symbols by their partitions.
   *
   * @param {Readonly<Record<string, readonly string[]>>} partitions
   */
  list(partitions) {
    for (const [partition, names] of Object.entries(partitions)) {
      for (const name of names) this.#partitions.set(name, Number(partition));
    }
    this.#names = [...this.#partitions.keys()].sort();
  }

  /** Whether there is such a symbol. @param {string} symbol */
  has(symbol) {
    return this.#partitions.has(symbol);
  }

  /** @param {string} symbol */
  partitionOf(symbol) {
    return this.#partitions.get(symbol);
  }

  /** @param {string} symbol */
  summary(symbol) {
    return this.#summaries.get(symbol);
  }

  /** @param {readonly Summary[]} summaries */
  addSummaries(summaries) {
    for (const summary of summaries) {
      const { symbol, price, time } = summary;
      this.#summaries.set(symbol, summary);
      this.see(symbol, [price]);
      this.#sparks.get(symbol)?.add(time, price);
    }
  }

  /**
   * Takes the last half hour of a symbol, in candles of a minute.
   *
   * @param {string} symbol
   * @param {readonly Candle[]} candles
   */
  addHistory(symbol, candles) {
    this.#sparks.set(symbol, new Spark(candles));
    this.see(symbol, candles.flatMap(({ open, close }) => [open ?? 0, close ?? 0]));
  }

  /** Whether the last half hour of a symbol is known. @param {string} symbol */
  hasHistory(symbol) {
    return this.#sparks.has(symbol);
  }

  /** Forgets what an interruption may have made incomplete. */
  forgetHistories() {
    this.#sparks.clear();
  }

  /**
   * Takes prices that were seen: all prices of a symbol are shown with as many decimals.
   *
   * @param {string} symbol
   * @param {Iterable<number>} prices
   */
  see(symbol, prices) {
    this.#decimals.set(symbol, decimalsOf(prices, this.#decimals.get(symbol)));
  }

  /** @param {string} symbol */
  decimals(symbol) {
    return this.#decimals.get(symbol) ?? 2;
  }

  /**
   * What a row of the list shows of a symbol.
   *
   * @param {string} symbol
   * @returns {SymbolView}
   */
  view(symbol) {
    const price = this.#summaries.get(symbol)?.price;
    const spark = this.#sparks.get(symbol);
    const base = spark?.base;
    const change = price === undefined || base === undefined || base === 0
      ? undefined
      : (price - base) / Math.abs(base);
    const { closes = [], minutes = 0 } = spark ?? {};
    return { symbol, price, decimals: this.decimals(symbol), change, minutes, closes };
  }
}
