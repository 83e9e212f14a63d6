// @ts-check
/// <reference lib="dom" />
import { hashOf, viewOf } from "./address.js";
import { fetchCandles } from "./api.js";
import { Chart } from "./chart.js";
import { Connection } from "./connection.js";
import { byId, setText } from "./dom.js";
import {
  changeDirection,
  decimalsOf,
  formatAmount,
  formatChange,
  formatDateTime,
  formatNumber,
} from "./format.js";
import { freshnessOf } from "./freshness.js";
import { showCommitAge, showElsewhere, showHealth, showUnreachable } from "./health.js";
import { Market, sparkCandlesMax } from "./market.js";
import { ResolutionPicker } from "./resolution_picker.js";
import { Stage } from "./stage.js";
import { SymbolList } from "./symbol_list.js";
import { startTheme } from "./theme.js";

/** @typedef {import("../wire.ts").HealthJson} Health */
/** @typedef {import("../wire.ts").ElsewhereJson} Elsewhere */
/** @typedef {import("../wire.ts").CandleJson & { symbol: string, resolution: string }} Candle */
/** @typedef {import("../wire.ts").TradeJson & { symbol: string }} Trade */
/** @typedef {import("./market.js").Summary} Summary */

/** Symbols whose sparklines are asked for at the start; the others fill as commits come. */
const sparklinesMax = 60;

const market = new Market();
/** Symbols whose history has been asked for since the connection began. @type {Set<string>} */
const asked = new Set();
const stage = new Stage();
const list = new SymbolList((/** @type {string} */ symbol) => {
  awaited = undefined;
  show({ symbol, resolution: "" });
});
const picker = new ResolutionPicker((/** @type {string} */ resolution) =>
  show({ symbol: "", resolution })
);
/** @type {Chart | undefined} */
let chart;
/** @type {Health | undefined} */
let health;
let healthAt = 0;
/** @type {Elsewhere | undefined} */
let elsewhere;
/**
 * What the address names and has not come yet: shown as soon as its first trade does, unless the
 * reader has chosen another symbol by then.
 *
 * @type {import("./address.js").View | undefined}
 */
let awaited = viewOf(location.hash);

startTheme(() => chart?.recolor());
const connection = new Connection(
  {
    symbols: takeSymbols,
    candles: takeCandles,
    trades: takeTrades,
    health: takeHealth,
    elsewhere: takeElsewhere,
  },
  catchUp,
);
setInterval(showFreshness, 1_000);
addEventListener("hashchange", () => show(viewOf(location.hash)));
quietly(loadChart());

/**
 * Shows what is wanted as far as it is known; where it is not, what is shown stays.
 *
 * @param {import("./address.js").View} wanted
 */
function show(wanted) {
  const symbol = market.summary(wanted.symbol) === undefined ? stage.symbol : wanted.symbol;
  const resolution = offered(wanted.resolution) ?? offered(stage.resolution?.name) ??
    health?.resolutions[0];
  if (symbol === "" || resolution === undefined) return;
  if (symbol === stage.symbol && resolution.name === stage.resolution?.name) return;
  history.replaceState(null, "", hashOf({ symbol, resolution: resolution.name }));
  setText(byId("symbol"), symbol);
  const shown = stage.show(symbol, resolution);
  list.select(symbol);
  picker.select(resolution.name);
  showQuote();
  quietly(shown);
}

function showAwaited() {
  if (awaited === undefined || market.summary(awaited.symbol) === undefined) return;
  show(awaited);
  awaited = undefined;
}

/** @param {string | undefined} wanted */
function offered(wanted) {
  return health?.resolutions.find(({ name }) => name === wanted);
}

/** The length of the candles that sparklines and changes are made of: the shortest. */
function sparkResolution() {
  return health?.resolutions[0]?.name ?? "";
}

/** @param {{ symbols: Summary[] }} event */
function takeSymbols({ symbols }) {
  market.addSummaries(symbols);
  for (const { symbol } of symbols) updateRow(symbol);
  showAwaited();
  if (stage.symbol === "") {
    show({ symbol: market.symbols[0] ?? "", resolution: awaited?.resolution ?? "" });
  }
  showQuote();
  quietly(loadHistories(symbols.map(({ symbol }) => symbol)));
  setText(byId("event-time"), formatDateTime(market.latestTimeMs));
}

/** @param {{ candles: Candle[] }} event */
function takeCandles({ candles }) {
  const sparks = candles.filter(({ resolution }) => resolution === sparkResolution());
  const bySymbol = Map.groupBy(sparks, ({ symbol }) => symbol);
  for (const [symbol, group] of bySymbol) market.addCandles(symbol, group);
  stage.addCandles(
    candles.filter(({ symbol, resolution }) =>
      symbol === stage.symbol && resolution === stage.resolution?.name
    ),
  );
}

/** @param {{ trades: Trade[] }} event */
function takeTrades({ trades }) {
  stage.addTrades(trades.filter(({ symbol }) => symbol === stage.symbol));
}

/** @param {Health} event */
function takeHealth(event) {
  health = event;
  healthAt = performance.now();
  showHealth(event);
  picker.offer(event.resolutions);
  show({ symbol: "", resolution: "" });
  showFreshness();
}

/**
 * What is heard of other instances; of a partition that is back something may have been missed.
 *
 * @param {Elsewhere} event
 */
function takeElsewhere(event) {
  const lostBefore = lostSymbols();
  elsewhere = event;
  showElsewhere(event);
  const lost = lostSymbols();
  const back = lostBefore.filter((symbol) => !lost.includes(symbol));
  for (const symbol of back) asked.delete(symbol);
  quietly(loadHistories(back));
  if (back.includes(stage.symbol)) quietly(stage.refresh());
  showFreshness();
}

/**
 * Symbols of the partitions that nobody is heard of.
 *
 * @returns {string[]}
 */
function lostSymbols() {
  return market.symbolsOf(elsewhere?.missing_partitions ?? []);
}

/** Asks for what an interruption may have hidden. */
function catchUp() {
  asked.clear();
  elsewhere = undefined;
  showFreshness();
  quietly(stage.refresh());
}

/**
 * Asks for the sparklines of symbols that are new to this connection, one after the other.
 *
 * @param {readonly string[]} symbols
 */
async function loadHistories(symbols) {
  const wanted = symbols.filter((symbol) => !asked.has(symbol)).slice(
    0,
    Math.max(0, sparklinesMax - asked.size),
  );
  for (const symbol of wanted) asked.add(symbol);
  for (const symbol of wanted) {
    const range = { resolution: sparkResolution(), limit: sparkCandlesMax };
    market.addCandles(symbol, await fetchCandles(symbol, range));
    updateRow(symbol);
    if (symbol === stage.symbol) showQuote();
  }
}

/** @param {string} symbol */
function updateRow(symbol) {
  const view = market.view(symbol);
  if (view !== undefined) list.update(view);
}

function showQuote() {
  const view = market.view(stage.symbol);
  const summary = market.summary(stage.symbol);
  if (view === undefined || summary === undefined) return;
  const price = formatNumber(view.price, decimalsOf([view.price]));
  setText(byId("price"), price);
  setText(
    byId("change"),
    view.change === undefined ? "" : `${formatChange(view.change)} in ${view.minutes} min`,
  );
  byId("change").className = `change ${changeDirection(view.change)}`;
  setText(byId("day-volume"), formatAmount(summary.volume));
  setText(byId("day-count"), formatAmount(summary.count));
  document.title = `${price} ${stage.symbol} · ${health?.application ?? "market"}`;
}

function showFreshness() {
  const healthAgeMs = performance.now() - healthAt;
  const { connected, silentMs } = connection;
  const lost = lostSymbols();
  const { level, word, banner } = freshnessOf(
    { connected, silentMs, health, healthAgeMs, elsewhere, lostSymbols: lost },
  );
  byId("link").dataset["level"] = level;
  setText(byId("link-text"), word);
  const element = byId("banner");
  element.hidden = banner === "";
  element.dataset["level"] = level;
  setText(element, banner);
  byId("content").toggleAttribute("data-stale", banner !== "" && word !== "incomplete");
  byId("content").toggleAttribute("data-lost", lost.includes(stage.symbol));
  list.markLost(lost);
  byId("health").toggleAttribute("data-stale", !connected);
  if (!connected) showUnreachable();
  if (health !== undefined) showCommitAge(health, healthAgeMs, elsewhere);
}

async function loadChart() {
  const path = "/assets/lightweight-charts.js";
  try {
    const library = await import(path);
    chart = new Chart(library, byId("chart"), {
      onHover: (/** @type {number | undefined} */ timeMs) => stage.hover(timeMs),
      onNeedOlder: () => quietly(stage.loadOlder()),
    });
    stage.setChart(chart);
  } catch (error) {
    byId("chart-note").hidden = false;
    setText(byId("chart-note"), `The chart could not be loaded: ${error}`);
  }
}

/**
 * Lets a request fail without a word: the connection says what is wrong, and the next one mends it.
 *
 * @param {Promise<unknown>} work
 */
function quietly(work) {
  work.catch(() => {});
}
