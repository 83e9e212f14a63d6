// @ts-check
/// <reference lib="dom" />
import { averagePoint, candlePoint, volumePoint, vwapPoint } from "./chart_data.js";
import { barsOf, keptView, positionOf, timeAt } from "./chart_scale.js";
import { formatAmount, formatNumber } from "./format.js";
import { utc, zone } from "./zone.js";

/** @typedef {import("../wire.ts").CandleJson} Candle */
/** @typedef {import("./chart_data.js").Bar} Bar */
/** @typedef {import("./chart_scale.js").Span} Span */
/** @typedef {typeof import("lightweight-charts")} Library */

/**
 * @typedef {object} View What is in view.
 * @property {number} from Position of the left edge between bars; below 0 before the first.
 * @property {number} to Position of the right edge.
 * @property {number} barsAfter How many bars lie beyond it; below 0 where there is room.
 * @property {number} fromMs The times there.
 * @property {number} toMs
 * @property {number} barPx How wide a candle is.
 * @property {boolean} atEnd The last candle is in view.
 */

/** Heights of the panes, one to another: candles, volume, running average. */
const paneShares = [6, 1.5, 2];

const minuteMs = 60_000;
const dayMs = 86_400_000;

/**
 * Candles with VWAP, volume and the running average of price * volume, one below the other: the
 * three have different scales.
 */
export class Chart {
  #library;
  #chart;
  #series;
  /** @type {readonly Bar[]} */
  #bars = [];
  #sizeMs = minuteMs;
  #shiftMs = 0;
  /** @type {Span | "end" | undefined} */
  #coming;

  /**
   * @param {Library} library
   * @param {HTMLElement} container
   * @param {{ onHover: (time: number | undefined) => void, onView: () => void }} handlers
   *   `onHover` is told the start of the candle under the pointer, epoch ms; `onView` that
   *   something else is in view.
   */
  constructor(library, container, { onHover, onView }) {
    this.#library = library;
    this.#chart = library.createChart(container, {
      autoSize: true,
      localization: {
        locale: "en-GB",
        timeFormatter: (/** @type {unknown} */ time) => this.#fullTime(time),
      },
      timeScale: {
        rightOffset: 4,
        barSpacing: 7,
        minBarSpacing: 1,
        tickMarkFormatter: (/** @type {unknown} */ time, /** @type {number} */ kind) =>
          this.#markText(time, kind),
      },
      layout: { attributionLogo: false },
    });
    this.#series = this.#addSeries();
    for (const [index, pane] of this.#chart.panes().entries()) {
      pane.setStretchFactor(paneShares[index] ?? 1);
    }
    this.#chart.subscribeCrosshairMove(({ time }) => {
      onHover(time === undefined ? undefined : this.#msOf(time));
    });
    this.#chart.timeScale().subscribeVisibleLogicalRangeChange(onView);
    this.recolor();
  }

  /** @returns {View | undefined} `undefined` without candles. */
  get view() {
    const scale = this.#chart.timeScale();
    const range = this.#range;
    if (range === null || this.#bars.length === 0) return undefined;
    const { from, to } = range;
    return {
      from,
      to,
      fromMs: timeAt(this.#bars, from, this.#sizeMs),
      toMs: timeAt(this.#bars, to, this.#sizeMs),
      barPx: scale.width() / Math.max(1, to - from),
      barsAfter: this.#bars.length - 1 - to,
      atEnd: to >= this.#bars.length - 1,
    };
  }

  /**
   * Labels the time axis as finely as candles of this length need. Days are those of UTC, so a
   * candle of a day is labelled there.
   *
   * @param {number} sizeMs
   */
  setLength(sizeMs) {
    this.#sizeMs = sizeMs;
    this.#bars = [];
    this.#chart.timeScale().applyOptions({
      timeVisible: sizeMs < dayMs,
      secondsVisible: sizeMs < minuteMs,
    });
  }

  /**
   * Draws everything again and keeps the reader's place.
   *
   * @param {readonly Candle[]} candles Oldest first.
   * @param {{ decimals: number, follow: boolean }} how `follow` the end where it was in view.
   */
  replace(candles, { decimals, follow }) {
    const before = this.#bars;
    const range = this.#range;
    this.#bars = barsOf(candles, this.#sizeMs);
    this.#shiftMs = this.#zone.offsetMs(candles.at(-1)?.start ?? 0);
    const { volumeColors } = readColors();
    const priceFormat = {
      type: /** @type {const} */ ("custom"),
      formatter: (/** @type {number} */ price) => formatNumber(price, decimals),
      minMove: 10 ** -decimals,
    };
    const shiftMs = this.#shiftMs;
    this.#series.candles.applyOptions({ priceFormat });
    this.#series.vwap.applyOptions({ priceFormat });
    this.#series.candles.setData(this.#bars.map((bar) => candlePoint(bar, shiftMs)));
    this.#series.vwap.setData(this.#bars.map((bar) => vwapPoint(bar, shiftMs)));
    this.#series.average.setData(this.#bars.map((bar) => averagePoint(bar, shiftMs)));
    this.#drawVolume(volumeColors);
    if (before.length > 0 && range !== null && this.#coming !== "end") {
      this.#showSpan(keptView(before, this.#bars, { ...range, follow }));
    }
  }

  /**
   * Draws candles at and after the end.
   *
   * @param {readonly Candle[]} all Oldest first, those included.
   * @param {readonly Candle[]} changed Oldest first.
   */
  append(all, changed) {
    const from = Math.min(changed[0]?.start ?? Infinity, this.#bars.at(-1)?.end ?? Infinity);
    this.#bars = barsOf(all, this.#sizeMs);
    const shiftMs = this.#shiftMs;
    const { volumeColors } = readColors();
    for (const bar of this.#bars.slice(this.#bars.findLastIndex(({ start }) => start < from) + 1)) {
      this.#series.candles.update(candlePoint(bar, shiftMs));
      this.#series.vwap.update(vwapPoint(bar, shiftMs));
      this.#series.volume.update(volumePoint(bar, shiftMs, volumeColors));
      this.#series.average.update(averagePoint(bar, shiftMs));
    }
  }

  /** Shows the newest candles at a readable width. */
  showEnd() {
    this.#chart.timeScale().resetTimeScale();
    this.#expect("end");
    this.#fitPrices();
  }

  /**
   * Shows these times, edge to edge.
   *
   * @param {number} fromMs
   * @param {number} toMs
   */
  showTimes(fromMs, toMs) {
    const position = (/** @type {number} */ ms) => positionOf(this.#bars, ms, this.#sizeMs);
    this.#showSpan({ from: position(fromMs), to: Math.max(position(toMs), position(fromMs) + 10) });
    this.#fitPrices();
  }

  /** Moves a time to the middle, with candles as wide as they are. @param {number} ms */
  showAround(ms) {
    const view = this.view;
    const half = view === undefined ? 60 : (view.to - view.from) / 2;
    const at = positionOf(this.#bars, ms, this.#sizeMs);
    this.#showSpan({ from: at - half, to: at + half });
    this.#fitPrices();
  }

  /**
   * Moves by a share of what is in view, and shows so many times as much.
   *
   * @param {{ move?: number, zoom?: number }} step `move` is positive towards the future.
   */
  step({ move = 0, zoom = 1 }) {
    const view = this.view;
    if (view === undefined) return;
    const { from, to } = view;
    const by = (to - from) * move;
    this.#showSpan({ from: to - (to - from) * zoom + by, to: to + by });
  }

  /** Takes the page's colours of now. */
  recolor() {
    const colors = readColors();
    this.#chart.applyOptions(chartColors(colors));
    const { up, down } = colors;
    this.#series.candles.applyOptions({
      upColor: up,
      borderUpColor: up,
      wickUpColor: up,
      downColor: down,
      borderDownColor: down,
      wickDownColor: down,
    });
    this.#series.vwap.applyOptions({ color: colors.vwap });
    this.#series.average.applyOptions({ color: colors.average });
    this.#drawVolume(colors.volumeColors);
  }

  get #zone() {
    return this.#sizeMs < dayMs ? zone : utc;
  }

  /** @param {Span} span */
  #showSpan(span) {
    this.#chart.timeScale().setVisibleLogicalRange(/** @type {any} */ (span));
    this.#expect(span);
  }

  /**
   * Keeps in mind what the library was told to show: it does so in the next frame, and until then
   * tells what was in view before.
   *
   * @param {Span | "end"} coming
   */
  #expect(coming) {
    this.#coming = coming;
    requestAnimationFrame(() => {
      if (this.#coming === coming) this.#coming = undefined;
    });
  }

  /** @returns {Span | null} `null` without candles. */
  get #range() {
    return typeof this.#coming === "object"
      ? this.#coming
      : this.#chart.timeScale().getVisibleLogicalRange();
  }

  #fitPrices() {
    for (const pane of this.#chart.panes()) {
      pane.priceScale("right").applyOptions({ autoScale: true });
    }
  }

  /** @param {import("./chart_data.js").VolumeColors} colors */
  #drawVolume(colors) {
    const points = this.#bars.map((bar) => volumePoint(bar, this.#shiftMs, colors));
    this.#series.volume.setData(points);
  }

  /** @param {unknown} time As the library counts it. */
  #msOf(time) {
    return Number(time) * 1000 - this.#shiftMs;
  }

  /** @param {unknown} time */
  #fullTime(time) {
    const ms = this.#msOf(time);
    const day = this.#zone.date(ms);
    return this.#sizeMs < dayMs ? `${day} ${this.#zone.time(ms)} ${this.#zone.label(ms)}` : day;
  }

  /**
   * @param {unknown} time
   * @param {number} kind The library's `TickMarkType`.
   */
  #markText(time, kind) {
    const ms = this.#msOf(time);
    const { TickMarkType } = this.#library;
    const [year = "", month = "", day = ""] = this.#zone.date(ms).split("-");
    if (kind === TickMarkType.Year) return year;
    if (kind === TickMarkType.Month) return monthNames[Number(month) - 1] ?? month;
    if (kind === TickMarkType.DayOfMonth) return `${Number(day)} ${monthNames[Number(month) - 1]}`;
    return this.#zone.time(ms).slice(0, kind === TickMarkType.TimeWithSeconds ? 8 : 5);
  }

  #addSeries() {
    const { CandlestickSeries, HistogramSeries, LineSeries, LineStyle } = this.#library;
    const amount = {
      type: /** @type {const} */ ("custom"),
      formatter: formatAmount,
      minMove: 1e-8,
    };
    const quiet = { priceLineVisible: false, crosshairMarkerVisible: false };
    return {
      candles: this.#chart.addSeries(CandlestickSeries, { priceLineStyle: LineStyle.Dotted }, 0),
      vwap: this.#chart.addSeries(
        LineSeries,
        { ...quiet, lineWidth: 1, lastValueVisible: false },
        0,
      ),
      volume: this.#chart.addSeries(
        HistogramSeries,
        { priceFormat: amount, priceLineVisible: false, lastValueVisible: false },
        1,
      ),
      average: this.#chart.addSeries(
        LineSeries,
        { ...quiet, lineWidth: 1, priceFormat: amount },
        2,
      ),
    };
  }
}

const monthNames = [
  ...["Jan", "Feb", "Mar", "Apr", "May", "Jun"],
  ...["Jul", "Aug", "Sep", "Oct", "Nov", "Dec"],
];

function readColors() {
  const style = getComputedStyle(document.documentElement);
  /** @param {string} name */
  const color = (name) => style.getPropertyValue(`--${name}`).trim();
  return {
    ground: color("panel"),
    text: color("quiet"),
    line: color("line"),
    grid: color("raised"),
    up: color("up"),
    down: color("down"),
    vwap: color("vwap"),
    average: color("average"),
    volumeColors: { upSoft: color("up-soft"), downSoft: color("down-soft") },
  };
}

/** @param {ReturnType<typeof readColors>} colors */
function chartColors({ ground, text, line, grid }) {
  return {
    layout: {
      fontFamily: getComputedStyle(document.body).fontFamily,
      background: { color: ground },
      textColor: text,
      panes: { separatorColor: line, separatorHoverColor: grid },
    },
    grid: { vertLines: { color: grid }, horzLines: { color: grid } },
    rightPriceScale: { borderColor: line },
    timeScale: { borderColor: line },
  };
}
