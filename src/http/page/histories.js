// @ts-check
/// <reference lib="dom" />
import { fetchCandles } from "./api.js";
import { lookBackMinutes } from "./spark.js";

/** @typedef {import("./market.js").Market} Market */

/** Questions that are under way at once. */
const askedMax = 4;

/** Asks for the last half hour of symbols that come into view, those that are in view now first. */
export class Histories {
  #market;
  #onHistory;
  /** @type {string[]} */
  #wanted = [];
  /** @type {Set<string>} */
  #asked = new Set();

  /**
   * @param {Market} market
   * @param {(symbol: string) => void} onHistory
   */
  constructor(market, onHistory) {
    this.#market = market;
    this.#onHistory = onHistory;
  }

  /**
   * Wants these, and no longer those of before that have not been asked for yet.
   *
   * @param {readonly string[]} symbols
   */
  want(symbols) {
    this.#wanted = symbols.filter((symbol) => !this.#market.hasHistory(symbol));
    while (this.#asked.size < askedMax && this.#askNext());
  }

  /** Forgets all, as something may be missing in them. */
  forget() {
    this.#market.forgetHistories();
  }

  /** @returns {boolean} Whether there was one to ask for. */
  #askNext() {
    const symbol = this.#wanted.shift();
    if (symbol === undefined) return false;
    if (this.#asked.has(symbol)) return true;
    this.#asked.add(symbol);
    void this.#ask(symbol);
    return true;
  }

  /** @param {string} symbol */
  async #ask(symbol) {
    try {
      const range = { resolution: "1m", limit: lookBackMinutes };
      const { candles } = await fetchCandles(symbol, range);
      this.#market.addHistory(symbol, candles);
      this.#onHistory(symbol);
    } catch {
      // Asked for again when it is next in view.
    } finally {
      this.#asked.delete(symbol);
      this.#askNext();
    }
  }
}
