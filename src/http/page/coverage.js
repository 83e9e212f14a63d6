// @ts-check
/// <reference lib="dom" />
import { byId, setText } from "./dom.js";
import { formatAmount } from "./format.js";
import { utc, zone } from "./zone.js";

/** @typedef {import("./candle_pages.js").CandlePages} CandlePages */
/** @typedef {import("./chart.js").Chart} Chart */
/** @typedef {"idle" | "loading" | "failed"} Loading */

const dayMs = 86_400_000;

/** Says under the chart which candles are loaded and what lies beyond, and over it when none are. */
export class Coverage {
  /** @param {{ onRetry: () => void, onLatest: () => void }} handlers */
  constructor({ onRetry, onLatest }) {
    byId("retry").addEventListener("click", onRetry);
    byId("latest").addEventListener("click", onLatest);
  }

  /**
   * @param {CandlePages} pages
   * @param {object} state
   * @param {Chart | undefined} state.chart
   * @param {Loading} state.loading
   * @param {string} state.why What stands in the way of candles.
   */
  show(pages, { chart, loading, why }) {
    const isEmpty = pages.all.length === 0;
    setText(byId("loaded"), isEmpty ? "" : loadedText(pages));
    setText(byId("earlier"), isEmpty ? "" : earlierText(pages, loading));
    byId("retry").hidden = loading !== "failed";
    byId("progress").hidden = loading !== "loading";
    const view = chart?.view;
    byId("latest").hidden = isEmpty || (pages.atEnd && (view === undefined || view.atEnd));
    if (chart === undefined) return;
    byId("chart-note").hidden = !isEmpty;
    setText(byId("chart-note-text"), isEmpty ? emptyText(loading, why) : "");
  }
}

/**
 * @param {Loading} loading
 * @param {string} why
 */
function emptyText(loading, why) {
  if (loading === "loading") return "Loading candles";
  if (loading === "failed") return "The candles could not be loaded";
  return why === "" ? "Waiting for the first trade" : `No candles: ${why}`;
}

/** @param {CandlePages} pages */
function loadedText({ all, last, emptyWindows }) {
  const [first] = all;
  if (first === undefined || last === undefined) return "";
  const { length } = all;
  const candles = `${length.toLocaleString("en-US")} candle${length === 1 ? "" : "s"}`;
  const empty = emptyWindows === 0 ? "" : `, ${formatAmount(emptyWindows)} windows without trades`;
  return `${candles} ${spanText(first, last)}${empty}`;
}

/**
 * @param {import("../wire.ts").CandleJson} first
 * @param {import("../wire.ts").CandleJson} last
 */
function spanText(first, last) {
  if (last.end - last.start >= dayMs) return `${utc.date(first.start)} – ${utc.date(last.start)}`;
  const [from, to] = [zone.dateTime(first.start), zone.dateTime(last.end)];
  const sameDay = zone.date(first.start) === zone.date(last.end);
  return `${from.slice(0, 16)} – ${sameDay ? to.slice(11, 16) : to.slice(0, 16)}`;
}

/**
 * @param {CandlePages} pages
 * @param {Loading} loading
 */
function earlierText({ atStart, atEnd }, loading) {
  if (loading === "failed") return "More could not be loaded";
  if (loading === "loading") return "Loading …";
  if (atStart) return atEnd ? "Complete" : "From the first candle";
  return atEnd ? "Scroll left for earlier ones" : "Scroll for earlier and later ones";
}
