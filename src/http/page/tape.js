// @ts-check
/// <reference lib="dom" />
import { byId, create, setText } from "./dom.js";
import { decimalsOf, direction, formatAmount, formatNumber } from "./format.js";
import { zone } from "./zone.js";

/** @typedef {import("../wire.ts").TradeJson} Trade */

/** Trades that stay on the tape. */
export const tapeRowsMax = 80;

/** Volumes from here on are shortened, so that the column keeps its width. */
const volumeShortened = 1_000_000;

/** The latest trades of the symbol that is shown, newest on top. */
export class Tape {
  #body = byId("tape");
  /** @type {number | undefined} */
  #lastPrice;
  #volumeDecimals = 0;
  /** Ids on the tape, so that a trade that comes by two ways is shown once. @type {Set<string>} */
  #ids = new Set();

  clear() {
    this.#body.replaceChildren();
    this.#ids.clear();
    this.#lastPrice = undefined;
    this.#volumeDecimals = 0;
    setText(byId("tape-date"), "");
    byId("no-trades").hidden = false;
  }

  /**
   * @param {readonly Trade[]} trades Oldest first.
   * @param {{ fresh: boolean, decimals: number }} options `fresh` trades are marked for a moment;
   *   `decimals` are those of all prices of the symbol.
   */
  add(trades, { fresh, decimals }) {
    const latest = trades.slice(-tapeRowsMax);
    this.#volumeDecimals = decimalsOf(latest.map(({ volume }) => volume), this.#volumeDecimals);
    const rows = [];
    for (const trade of latest) {
      if (this.#ids.has(trade.id)) continue;
      this.#ids.add(trade.id);
      rows.unshift(this.#row(trade, { fresh, decimals }));
    }
    this.#body.prepend(...rows);
    const last = trades.at(-1);
    byId("no-trades").hidden = last !== undefined || this.#ids.size > 0;
    if (last !== undefined) {
      setText(byId("tape-date"), `${zone.date(last.time)} ${zone.label(last.time)}`);
    }
    while (this.#body.childElementCount > tapeRowsMax) {
      const oldest = /** @type {HTMLElement} */ (this.#body.lastElementChild);
      this.#ids.delete(oldest.dataset["id"] ?? "");
      oldest.remove();
    }
  }

  /**
   * @param {Trade} trade
   * @param {{ fresh: boolean, decimals: number }} options
   */
  #row(trade, { fresh, decimals }) {
    const move = this.#lastPrice === undefined ? 0 : trade.price - this.#lastPrice;
    this.#lastPrice = trade.price;
    const volume = trade.volume < volumeShortened
      ? formatNumber(trade.volume, this.#volumeDecimals)
      : formatAmount(trade.volume);
    const row = create("tr", fresh ? "fresh" : "");
    row.dataset["id"] = trade.id;
    row.append(
      create("td", "", zone.timeMs(trade.time)),
      create("td", direction(move), formatNumber(trade.price, decimals)),
      create("td", "", volume),
      create("td", "", trade.conditions ?? ""),
    );
    return row;
  }
}
