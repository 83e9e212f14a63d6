// @ts-check
/// <reference lib="dom" />
import { fetchCandles, fetchTrades } from "./api.js";
import { CandlePages } from "./candle_pages.js";
import { fittingResolution } from "./chart_scale.js";
import { Coverage } from "./coverage.js";
import { byId, setText } from "./dom.js";
import { formatLength } from "./format.js";
import { Readout } from "./readout.js";
import { Tape, tapeRowsMax } from "./tape.js";

/** @typedef {import("../wire.ts").CandleJson} Candle */
/** @typedef {import("../wire.ts").TradeJson} Trade */
/** @typedef {import("../wire.ts").ResolutionJson} Resolution */
/** @typedef {import("./chart.js").Chart} Chart */
/** @typedef {import("./chart.js").View} View */

/** Candles asked for at first: they fill a screen. */
const firstCandles = 500;
/** Bars beyond an edge that may remain before more are asked for. */
const marginBars = 100;
/** Candles asked for at most to fill what is in view. */
const viewCandlesMax = 2_000;
/** Of the longest candles, how far back the first one is looked for: 13 years in days. */
const longestCandlesMax = 5_000;
/** How long a view must rest before another length of candles is taken, ms. */
const restMs = 150;

/** What keys do to the chart. @type {Record<string, { move?: number, zoom?: number }>} */
const chartSteps = {
  ArrowLeft: { move: -0.2 },
  ArrowRight: { move: 0.2 },
  PageUp: { move: -0.9 },
  PageDown: { move: 0.9 },
  "+": { zoom: 0.8 },
  "-": { zoom: 1.25 },
};

/** Everything about the one symbol that is shown: chart, readout, tape. */
export class Stage {
  symbol = "";
  /** @type {Resolution | undefined} */
  resolution;
  /** Whether the length of the candles follows what is in view. */
  auto = false;
  /** All that can be had, shortest first. @type {readonly Resolution[]} */
  resolutions = [];
  /** @type {Chart | undefined} */
  #chart;
  #pages = this.#newPages();
  #coverage = new Coverage({ onRetry: () => this.#fill(), onLatest: () => this.#showLatest() });
  #readout = new Readout();
  #tape = new Tape();
  #market;
  #onResolution;
  /** @type {number | undefined} */
  #hoverMs;
  /** Candles that the stream tells while others are asked for. @type {Set<Candle[]>} */
  #collecting = new Set();
  /** Trades that it told since the latest were asked for. @type {Trade[]} */
  #meanwhile = [];
  /** @type {"idle" | "loading" | "failed"} */
  #loading = "idle";
  /** @type {ReturnType<typeof setTimeout> | undefined} */
  #resting;
  #drawnAtEnd = true;
  /** What stands in the way of candles. */
  #why = "";

  /**
   * @param {import("./market.js").Market} market
   * @param {(resolution: Resolution) => void} onResolution Another length fits what is in view.
   */
  constructor(market, onResolution) {
    this.#market = market;
    this.#onResolution = onResolution;
  }

  /** @param {Chart | undefined} chart Absent when the library could not be loaded. */
  setChart(chart) {
    this.#chart = chart;
    this.#setLength();
    this.#draw(undefined);
    this.#chart?.showEnd();
  }

  /**
   * Shows another symbol, or the same in candles of another length; then what is in view stays.
   *
   * @param {string} symbol
   * @param {Resolution} resolution
   */
  async show(symbol, resolution) {
    const isOther = symbol !== this.symbol;
    const view = isOther ? undefined : this.#chart?.view;
    if (isOther) this.#tape.clear();
    this.symbol = symbol;
    this.resolution = resolution;
    this.#hoverMs = undefined;
    this.#pages = this.#newPages();
    if (isOther) this.#clearChart();
    await Promise.all([this.#loadFor(view), ...isOther ? [this.#loadTrades()] : []]);
  }

  /**
   * Asks for what may be missed; after an interruption for everything, as a server that is back
   * may have other data.
   *
   * @param {{ interrupted: boolean }} how
   */
  async refresh({ interrupted }) {
    if (this.resolution === undefined) return;
    const again = interrupted && this.#pages.atEnd;
    await Promise.all([
      this.#load((pages) => again ? pages.latest(firstCandles) : pages.catchUp(firstCandles)),
      this.#loadTrades(),
    ]);
  }

  /**
   * Does what a key means to the chart.
   *
   * @param {KeyboardEvent} event
   */
  press(event) {
    const step = chartSteps[event.key];
    if (step !== undefined) this.#chart?.step(step);
    else if (event.key === "Home") quietly(this.#goToFirst());
    else if (event.key === "End") quietly(this.#showLatest());
    else return;
    event.preventDefault();
  }

  /**
   * Shows the candles of a time, or those nearest to it.
   *
   * @param {number} timeMs
   */
  async goTo(timeMs) {
    await this.#load((pages) => pages.around(timeMs));
    const { all: [first], last } = this.#pages;
    const nearest = Math.min(Math.max(timeMs, first?.start ?? 0), last?.start ?? timeMs);
    this.#chart?.showAround(nearest);
    this.#fill();
  }

  /** Shows the first candles: the longest ones lead to them in few steps. */
  async #goToFirst() {
    const longest = this.resolutions.at(-1);
    if (longest === undefined) return;
    const range = { resolution: longest.name, limit: longestCandlesMax };
    const { candles: [first] } = await fetchCandles(this.symbol, range);
    if (first !== undefined) await this.goTo(first.start);
  }

  /** @param {readonly Candle[]} candles */
  addCandles(candles) {
    if (candles.length === 0) return;
    for (const collected of this.#collecting) collected.push(...candles);
    this.#draw(this.#pages.merge(candles));
  }

  /** @param {readonly Trade[]} trades In the order they came. */
  addTrades(trades) {
    if (trades.length === 0) return;
    this.#meanwhile = [...this.#meanwhile, ...trades].slice(-tapeRowsMax);
    this.#market.see(this.symbol, trades.map(({ price }) => price));
    this.#tape.add(trades, { fresh: true, decimals: this.#decimals });
  }

  /** Says why there are no candles, where there are none. @param {string} why */
  explain(why) {
    if (why === this.#why) return;
    this.#why = why;
    this.#showCoverage();
  }

  /** @param {number | undefined} timeMs */
  hover(timeMs) {
    this.#hoverMs = timeMs;
    this.#showReadout();
  }

  /** Something else is in view: it may lack candles, or want others. */
  moved() {
    this.#fill();
    this.#showCoverage();
    clearTimeout(this.#resting);
    this.#resting = setTimeout(() => this.#fit(), restMs);
  }

  /** Takes the length of candles that fits what is in view, if it is to. */
  #fit() {
    const view = this.#chart?.view;
    if (!this.auto || view === undefined || this.resolution === undefined) return;
    const fitting = fittingResolution(this.resolutions, this.resolution, view.barPx);
    if (fitting !== this.resolution) this.#onResolution(fitting);
  }

  async #showLatest() {
    await this.#load((pages) => pages.latest(firstCandles));
    this.#chart?.showEnd();
  }

  /** @param {View | undefined} view What is to be in view; the end where nothing is said. */
  async #loadFor(view) {
    const sizeMs = this.resolution?.size_ms ?? 1;
    const bars = view === undefined ? 0 : Math.ceil((view.toMs - view.fromMs) / sizeMs);
    const limit = Math.min(viewCandlesMax, Math.max(firstCandles, bars + 2 * marginBars));
    const keeps = view !== undefined && (this.auto || !view.atEnd);
    await this.#load(
      (pages) =>
        keeps && !view.atEnd
          ? pages.around((view.fromMs + view.toMs) / 2, limit)
          : pages.latest(limit),
      { fresh: true },
    );
    if (keeps) this.#chart?.showTimes(view.fromMs, view.toMs);
    else this.#chart?.showEnd();
  }

  /** Asks for candles on the side that is nearly in view. */
  #fill() {
    const view = this.#chart?.view;
    const { atStart, atEnd } = this.#pages;
    if (view === undefined || this.#loading === "loading") return;
    if (view.from < marginBars && !atStart) quietly(this.#load((pages) => pages.older()));
    else if (view.barsAfter < marginBars && !atEnd) {
      quietly(this.#load((pages) => pages.newer()));
    }
  }

  /**
   * Does what asks for candles, and draws.
   *
   * @param {(pages: CandlePages) => Promise<void>} work
   * @param {{ fresh: boolean }} [options] Of another symbol or length than what is drawn.
   */
  async #load(work, { fresh } = { fresh: false }) {
    const pages = this.#pages;
    /** @type {Candle[]} */
    const meanwhile = [];
    this.#collecting.add(meanwhile);
    this.#setLoading("loading");
    try {
      await work(pages);
      if (pages !== this.#pages) return;
      pages.merge(meanwhile);
      this.#setLoading("idle");
      if (fresh) this.#setLength();
      this.#draw(undefined);
    } catch (error) {
      if (pages === this.#pages) this.#setLoading("failed");
      throw error;
    } finally {
      this.#collecting.delete(meanwhile);
    }
  }

  async #loadTrades() {
    const { symbol } = this;
    this.#meanwhile = [];
    const trades = await fetchTrades(symbol, tapeRowsMax);
    if (symbol !== this.symbol) return;
    const all = [...trades.reverse(), ...this.#meanwhile];
    this.#market.see(symbol, all.map(({ price }) => price));
    this.#tape.clear();
    this.#tape.add(all, { fresh: false, decimals: this.#decimals });
  }

  #newPages() {
    const { symbol, resolution } = this;
    return new CandlePages(
      (/** @type {import("./candle_pages.js").Range} */ range) =>
        fetchCandles(symbol, { resolution: resolution?.name ?? "", ...range }),
      resolution?.size_ms ?? 1,
    );
  }

  get #decimals() {
    return this.#market.decimals(this.symbol);
  }

  /** @param {"idle" | "loading" | "failed"} loading */
  #setLoading(loading) {
    this.#loading = loading;
    this.#showCoverage();
  }

  #showCoverage() {
    const state = { chart: this.#chart, loading: this.#loading, why: this.#why };
    this.#coverage.show(this.#pages, state);
  }

  #clearChart() {
    this.#setLength();
    this.#draw(undefined);
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
    const candles = this.#pages.all;
    const before = this.#decimals;
    for (const { open, high, low, close } of changed ?? candles) {
      this.#market.see(this.symbol, [open ?? 0, high ?? 0, low ?? 0, close ?? 0]);
    }
    if (changed === undefined || this.#decimals !== before) {
      this.#chart?.replace(candles, { decimals: this.#decimals, follow: this.#drawnAtEnd });
    } else this.#chart?.append(candles, changed);
    this.#drawnAtEnd = this.#pages.atEnd;
    this.#showReadout();
    this.#showCoverage();
    this.#describe();
  }

  #showReadout() {
    const { all, last } = this.#pages;
    const hovered = all[this.#pages.indexOf(this.#hoverMs ?? Infinity)];
    this.#readout.show(hovered ?? last, {
      decimals: this.#decimals,
      sizeMs: this.resolution?.size_ms ?? 0,
    });
  }

  /** What a screen reader says in place of the picture. */
  #describe() {
    byId("chart").setAttribute(
      "aria-label",
      `Candlestick chart of ${this.symbol}, ${this.#pages.all.length} candles of ` +
        `${this.#length}; the values of the last one are listed before it`,
    );
  }
}

/** A failure is shown where the candles would be. @param {Promise<unknown>} work */
function quietly(work) {
  work.catch(() => {});
}
