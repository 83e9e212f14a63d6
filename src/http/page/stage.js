// @ts-check
/// <reference lib="dom" />
import { fetchCandles, fetchTrades } from "./api.js";
import { CandleHistory } from "./candle_history.js";
import { byId, setText } from "./dom.js";
import { formatLength } from "./format.js";
import { candleDecimals } from "./market.js";
import { Readout } from "./readout.js";
import { Tape, tapeRowsMax } from "./tape.js";

/** @typedef {import("../wire.ts").CandleJson} Candle */
/** @typedef {import("../wire.ts").TradeJson} Trade */
/** @typedef {import("../wire.ts").ResolutionJson} Resolution */
/** @typedef {import("./chart.js").Chart} Chart */

/** Candles asked for at once, and kept while scrolling back: a day and a half of 15 seconds. */
const pageCandles = 500;
const candlesMax = 8_640;

/** Everything about the one symbol that is shown: chart, readout, tape. */
export class Stage {
  symbol = "";
  /** @type {Resolution | undefined} */
  resolution;
  /** @type {Chart | undefined} */
  #chart;
  #history = new CandleHistory(candlesMax);
  #readout = new Readout();
  #tape = new Tape();
  #decimals = 2;
  /** @type {number | undefined} */
  #hoverMs;
  /** What the stream told while a refresh was under way. */
  #meanwhile = newMeanwhile();
  #loadingOlder = false;
  #reachedStart = false;

  /** @param {Chart | undefined} chart Absent when the library could not be loaded. */
  setChart(chart) {
    this.#chart = chart;
    this.#setLength();
    this.#draw(undefined);
    this.#chart?.showEnd();
  }

  /**
   * Shows another symbol, or the same in candles of another length.
   *
   * @param {string} symbol
   * @param {Resolution} resolution
   */
  async show(symbol, resolution) {
    if (symbol !== this.symbol) this.#tape.clear();
    this.symbol = symbol;
    this.resolution = resolution;
    this.#history = new CandleHistory(candlesMax);
    this.#hoverMs = undefined;
    this.#reachedStart = false;
    this.#setLength();
    this.#draw(undefined);
    await this.refresh();
    if (this.#shows(symbol, resolution)) this.#chart?.showEnd();
  }

  /**
   * Asks for the latest candles and trades, and shows those in place of what was known: a server
   * that comes back may have other data.
   */
  async refresh() {
    const { symbol, resolution } = this;
    if (resolution === undefined) return;
    const meanwhile = this.#meanwhile = newMeanwhile();
    const [candles, trades] = await Promise.all([
      fetchCandles(symbol, { resolution: resolution.name, limit: pageCandles }),
      fetchTrades(symbol, tapeRowsMax),
    ]);
    if (this.#meanwhile !== meanwhile) return;
    this.#history = new CandleHistory(candlesMax);
    this.#history.merge([...candles, ...meanwhile.candles]);
    this.#reachedStart = false;
    this.#draw(undefined);
    this.#tape.clear();
    this.#tape.add([...trades.reverse(), ...meanwhile.trades], { fresh: false });
  }

  /** @param {readonly Candle[]} candles */
  addCandles(candles) {
    if (candles.length === 0) return;
    keepLatest(this.#meanwhile.candles, candles);
    this.#draw(this.#history.merge(candles));
  }

  /** @param {readonly Trade[]} trades In the order they came. */
  addTrades(trades) {
    keepLatest(this.#meanwhile.trades, trades);
    this.#tape.add(trades, { fresh: true });
  }

  /** @param {number | undefined} timeMs */
  hover(timeMs) {
    this.#hoverMs = timeMs;
    this.#showReadout();
  }

  /** Asks for candles before the first one, unless there are none. */
  async loadOlder() {
    const { symbol, resolution } = this;
    const first = this.#history.all[0];
    if (resolution === undefined || first === undefined || this.#hasAll) return;
    this.#loadingOlder = true;
    try {
      const older = await fetchCandles(symbol, {
        resolution: resolution.name,
        limit: pageCandles,
        to: first.start,
      });
      if (!this.#shows(symbol, resolution)) return;
      this.#reachedStart = older.length === 0;
      this.addCandles(older);
    } finally {
      this.#loadingOlder = false;
    }
  }

  /** No older candle is to be asked for now. */
  get #hasAll() {
    return this.#loadingOlder || this.#reachedStart || this.#history.all.length >= candlesMax;
  }

  /**
   * @param {string} symbol
   * @param {Resolution} resolution
   */
  #shows(symbol, resolution) {
    return this.symbol === symbol && this.resolution?.name === resolution.name;
  }

  /** Tells everything that depends on the candles' length. */
  #setLength() {
    if (this.resolution === undefined) return;
    this.#chart?.setLength(this.resolution.size_ms);
    setText(byId("average-length"), this.resolution.name);
    byId("readout").setAttribute("aria-label", `Values of one candle of ${this.#length}`);
  }

  get #length() {
    return formatLength(this.resolution?.size_ms ?? 0);
  }

  /** @param {readonly Candle[] | undefined} changed Absent: everything. */
  #draw(changed) {
    const candles = this.#history.all;
    if (changed === undefined) {
      this.#decimals = candleDecimals(candles);
      this.#chart?.replace(candles, this.#decimals);
    } else {
      this.#chart?.append(changed);
    }
    this.#showReadout();
    this.#describe();
  }

  #showReadout() {
    /** @type {readonly Candle[]} */
    const candles = this.#history.all;
    const hovered = candles.find(({ start }) => start === this.#hoverMs);
    this.#readout.show(hovered ?? this.#history.last, this.#decimals);
  }

  /** What a screen reader says in place of the picture. */
  #describe() {
    const count = this.#history.all.length;
    byId("chart").setAttribute(
      "aria-label",
      `Candlestick chart of ${this.symbol}, ${count} candles of ${this.#length}; ` +
        "the values of the last one are listed before it",
    );
  }
}

/** @returns {{ candles: Candle[], trades: Trade[] }} */
function newMeanwhile() {
  return { candles: [], trades: [] };
}

/**
 * Adds to a list that is only of use for a moment, and keeps it short.
 *
 * @template T
 * @param {T[]} kept
 * @param {readonly T[]} more
 */
function keepLatest(kept, more) {
  kept.push(...more);
  kept.splice(0, Math.max(0, kept.length - tapeRowsMax));
}
