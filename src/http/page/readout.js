// @ts-check
/// <reference lib="dom" />
import { byId, create, setText } from "./dom.js";
import { formatAmount, formatNumber } from "./format.js";
import { utc, zone } from "./zone.js";

/** @typedef {import("../wire.ts").CandleJson} Candle */
/** @typedef {{ decimals: number, sizeMs: number }} How */

const dayMs = 86_400_000;

/** @type {[string, (candle: Candle, how: How) => string][]} */
const fields = [
  ["Window", windowText],
  ["Open", ({ open }, { decimals }) => formatNumber(open, decimals)],
  ["High", ({ high }, { decimals }) => formatNumber(high, decimals)],
  ["Low", ({ low }, { decimals }) => formatNumber(low, decimals)],
  ["Close", ({ close }, { decimals }) => formatNumber(close, decimals)],
  ["VWAP", ({ vwap }, { decimals }) => formatNumber(vwap, decimals)],
  ["Volume", ({ volume }) => formatAmount(volume)],
  ["Trades", ({ count }) => formatAmount(count)],
  ["Avg p × v", (candle) => formatAmount(candle.price_volume_multiply)],
  ["State", ({ final }) => final ? "final" : "open"],
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
   * @param {How} how
   */
  show(candle, how) {
    for (const [index, [, text]] of fields.entries()) {
      const value = this.#values[index];
      if (value) setText(value, candle === undefined ? "–" : text(candle, how));
    }
  }
}

/**
 * The beginning of a window; that of a day is a day of UTC.
 *
 * @param {Candle} candle
 * @param {How} how
 */
function windowText({ start }, { sizeMs }) {
  if (sizeMs >= dayMs) return `${utc.date(start)} UTC`;
  return `${zone.dateTime(start)} ${zone.label(start)}`;
}
