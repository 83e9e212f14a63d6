// @ts-check
/// <reference lib="dom" />
import { byId, create, setText } from "./dom.js";
import { decimalsOf, direction, formatDate, formatNumber, formatTimeMs } from "./format.js";

/** @typedef {import("../wire.ts").TradeJson} Trade */

/** Trades that stay on the tape. */
export const tapeRowsMax = 80;

/** The latest trades of the symbol that is shown, newest on top. */
export class Tape {
  #body = byId("tape");
  /** @type {number | undefined} */
  #lastPrice;
  #decimals = 2;
  #volumeDecimals = 0;
  /** Ids on the tape, so that a trade that comes by two ways is shown once. @type {Set<string>} */
  #ids = new Set();

  clear() {
    this.#body.replaceChildren();
    this.#ids.clear();
    this.#lastPrice = undefined;
    this.#decimals = 2;
    this.#volumeDecimals = 0;
    setText(byId("tape-date"), "");
  }

  /**
   * @param {readonly Trade[]} trades Oldest first.
   * @param {{ fresh: boolean }} options `fresh` trades are marked for a moment.
   */
  add(trades, { fresh }) {
    const latest = trades.slice(-tapeRowsMax);
    this.#decimals = decimalsOf(latest.map(({ price }) => price), this.#decimals);
    this.#volumeDecimals = decimalsOf(latest.map(({ volume }) => volume), this.#volumeDecimals);
    for (const trade of latest) {
      if (this.#ids.has(trade.id)) continue;
      this.#ids.add(trade.id);
      this.#prepend(trade, fresh);
    }
    const last = trades.at(-1);
    if (last !== undefined) setText(byId("tape-date"), `${formatDate(last.time)} UTC`);
    while (this.#body.childElementCount > tapeRowsMax) {
      const oldest = /** @type {HTMLElement} */ (this.#body.lastElementChild);
      this.#ids.delete(oldest.dataset["id"] ?? "");
      oldest.remove();
    }
  }

  /**
   * @param {Trade} trade
   * @param {boolean} fresh
   */
  #prepend(trade, fresh) {
    const move = this.#lastPrice === undefined ? 0 : trade.price - this.#lastPrice;
    this.#lastPrice = trade.price;
    const row = create("tr", fresh ? "fresh" : "");
    row.dataset["id"] = trade.id;
    row.append(
      create("td", "", formatTimeMs(trade.time)),
      create("td", direction(move), formatNumber(trade.price, this.#decimals)),
      create("td", "", formatNumber(trade.volume, this.#volumeDecimals)),
      create("td", "", trade.conditions ?? ""),
    );
    this.#body.prepend(row);
  }
}
