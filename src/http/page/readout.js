// @ts-check
/// <reference lib="dom" />
import { byId, create, setText } from "./dom.js";
import { formatAmount, formatDateTime, formatNumber } from "./format.js";

/** @typedef {import("../wire.ts").CandleJson} Candle */

/** @type {[string, (candle: Candle, decimals: number) => string][]} */
const fields = [
  ["Window (UTC)", (candle) => formatDateTime(candle.start)],
  ["Open", (candle, decimals) => formatNumber(candle.open, decimals)],
  ["High", (candle, decimals) => formatNumber(candle.high, decimals)],
  ["Low", (candle, decimals) => formatNumber(candle.low, decimals)],
  ["Close", (candle, decimals) => formatNumber(candle.close, decimals)],
  ["VWAP", (candle, decimals) => formatNumber(candle.vwap, decimals)],
  ["Volume", (candle) => formatAmount(candle.volume)],
  ["Trades", (candle) => formatAmount(candle.count)],
  ["Avg p × v", (candle) => formatAmount(candle.price_volume_multiply)],
  ["State", (candle) => candle.final ? "final" : "open"],
];

/** The figures of one candle: the one under the pointer, else the last. */
export class Readout {
  /** @type {HTMLElement[]} */
  #values = [];

  constructor() {
    for (const [name] of fields) {
      const pair = create("div", "");
      const value = create("dd", "", "–");
      pair.append(create("dt", "", name), value);
      byId("readout").append(pair);
      this.#values.push(value);
    }
  }

  /**
   * @param {Candle | undefined} candle
   * @param {number} decimals
   */
  show(candle, decimals) {
    for (const [index, [, text]] of fields.entries()) {
      const value = this.#values[index];
      if (value) setText(value, candle === undefined ? "–" : text(candle, decimals));
    }
  }
}
