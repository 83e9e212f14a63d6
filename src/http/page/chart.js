// @ts-check
/// <reference lib="dom" />
import { averagePoint, candlePoint, volumePoint, vwapPoint } from "./chart_data.js";
import { formatAmount, formatDateTime, formatNumber } from "./format.js";

/** @typedef {import("../wire.ts").CandleJson} Candle */
/** @typedef {typeof import("lightweight-charts")} Library */

/** Heights of the panes, one to another: candles, volume, running average. */
const paneShares = [6, 1.5, 2];

const minuteMs = 60_000;
const dayMs = 86_400_000;

/** Bars to the left that may remain before older ones are asked for. */
const marginBars = 20;

/**
 * Candles with VWAP, volume and the running average of price * volume, one below the other: the
 * three have different scales.
 */
export class Chart {
  #library;
  #chart;
  #series;
  /** @type {readonly Candle[]} */
  #candles = [];

  /**
   * @param {Library} library
   * @param {HTMLElement} container
   * @param {{ onHover: (time: number | undefined) => void, onNeedOlder: () => void }} handlers
   *   `onHover` is told the start of the candle under the pointer, epoch ms.
   */
  constructor(library, container, { onHover, onNeedOlder }) {
    this.#library = library;
    this.#chart = library.createChart(container, {
      autoSize: true,
      localization: { locale: "en-GB", timeFormatter: showTime },
      timeScale: { timeVisible: true, secondsVisible: true, rightOffset: 4, barSpacing: 7 },
      layout: { attributionLogo: false },
    });
    this.#series = this.#addSeries();
    for (const [index, pane] of this.#chart.panes().entries()) {
      pane.setStretchFactor(paneShares[index] ?? 1);
    }
    this.#chart.subscribeCrosshairMove(({ time }) => {
      onHover(time === undefined ? undefined : Number(time) * 1000);
    });
    this.#chart.timeScale().subscribeVisibleLogicalRangeChange((range) => {
      if (range !== null && range.from < marginBars) onNeedOlder();
    });
    this.recolor();
  }

  /**
   * Labels the time axis as finely as candles of this length need.
   *
   * @param {number} sizeMs
   */
  setLength(sizeMs) {
    this.#chart.timeScale().applyOptions({
      timeVisible: sizeMs < dayMs,
      secondsVisible: sizeMs < minuteMs,
    });
  }

  /**
   * Draws everything anew.
   *
   * @param {readonly Candle[]} candles Oldest first.
   * @param {number} decimals
   */
  replace(candles, decimals) {
    this.#candles = candles;
    const { volumeColors } = readColors();
    const priceFormat = {
      type: /** @type {const} */ ("custom"),
      formatter: (/** @type {number} */ price) => formatNumber(price, decimals),
      minMove: 10 ** -decimals,
    };
    this.#series.candles.applyOptions({ priceFormat });
    this.#series.vwap.applyOptions({ priceFormat });
    this.#series.candles.setData(candles.map(candlePoint));
    this.#series.vwap.setData(candles.map(vwapPoint));
    this.#series.volume.setData(candles.map((candle) => volumePoint(candle, volumeColors)));
    this.#series.average.setData(candles.map(averagePoint));
  }

  /**
   * Draws candles at and after the end.
   *
   * @param {readonly Candle[]} candles Oldest first.
   */
  append(candles) {
    const { volumeColors } = readColors();
    for (const candle of candles) {
      this.#series.candles.update(candlePoint(candle));
      this.#series.vwap.update(vwapPoint(candle));
      this.#series.volume.update(volumePoint(candle, volumeColors));
      this.#series.average.update(averagePoint(candle));
    }
  }

  /** Shows the newest candles at a readable width. */
  showEnd() {
    this.#chart.timeScale().resetTimeScale();
    for (const pane of this.#chart.panes()) {
      pane.priceScale("right").applyOptions({ autoScale: true });
    }
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
    this.#series.volume.setData(
      this.#candles.map((candle) => volumePoint(candle, colors.volumeColors)),
    );
  }

  #addSeries() {
    const { CandlestickSeries, HistogramSeries, LineSeries, LineStyle } = this.#library;
    const amount = {
      type: /** @type {const} */ ("custom"),
      formatter: formatAmount,
      minMove: 0.01,
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

/** @param {unknown} time */
function showTime(time) {
  return `${formatDateTime(Number(time) * 1000)} UTC`;
}

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
