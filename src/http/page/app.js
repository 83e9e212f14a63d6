// @ts-check
/// <reference lib="dom" />
import { hashOf, viewOf } from "./address.js";
import { Chart } from "./chart.js";
import { Connection } from "./connection.js";
import { byId, setText } from "./dom.js";
import { changeDirection, formatAmount, formatChange, formatNumber } from "./format.js";
import { freshnessOf } from "./freshness.js";
import { showCommitAge, showElsewhere, showHealth, showUnreachable } from "./health.js";
import { Histories } from "./histories.js";
import { Market } from "./market.js";
import { autoName, ResolutionPicker } from "./resolution_picker.js";
import { Stage } from "./stage.js";
import { SymbolList } from "./symbol_list.js";
import { startTheme } from "./theme.js";
import { zone } from "./zone.js";

/** @typedef {import("../wire.ts").HealthJson} Health */
/** @typedef {import("../wire.ts").ElsewhereJson} Elsewhere */
/** @typedef {import("../wire.ts").ResolutionJson} Resolution */
/** @typedef {import("../wire.ts").CandleJson & { symbol: string, resolution: string }} Candle */
/** @typedef {import("../wire.ts").TradeJson & { symbol: string }} Trade */
/** @typedef {import("./market.js").Summary} Summary */

/** How long what is looked at must rest: a key that is held repeats, and a list is scrolled far. */
const restMs = 120;

/** @type {ReturnType<typeof setTimeout> | undefined} */
let resting;
const market = new Market();
const stage = new Stage(
  market,
  (/** @type {Resolution} */ resolution) => display(stage.symbol, resolution),
);
const list = new SymbolList({
  onSelect: (/** @type {string} */ symbol) => {
    awaited = undefined;
    show({ symbol, resolution: "" });
  },
  viewOf: (/** @type {string} */ symbol) => market.view(symbol),
  onRows: () => look(),
});
const picker = new ResolutionPicker((/** @type {string} */ resolution) =>
  show({ symbol: "", resolution })
);
const histories = new Histories(market, (/** @type {string} */ symbol) => {
  list.update([symbol]);
  if (symbol === stage.symbol) showQuote();
});
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
    listing: takeListing,
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
byId("go-to").addEventListener("change", goTo);
byId("chart").addEventListener(
  "keydown",
  (/** @type {KeyboardEvent} */ event) => stage.press(event),
);
quietly(loadChart());

/**
 * Shows what is wanted as far as it is known; where it is not, what is shown stays.
 *
 * @param {import("./address.js").View} wanted
 */
function show(wanted) {
  const symbol = market.has(wanted.symbol) ? wanted.symbol : stage.symbol;
  if (wanted.resolution === autoName) stage.auto = true;
  else if (offered(wanted.resolution) !== undefined) stage.auto = false;
  const resolution = offered(wanted.resolution) ?? offered(stage.resolution?.name) ??
    health?.resolutions[0];
  if (symbol === "" || resolution === undefined) return;
  display(symbol, resolution);
  stage.moved();
}

/**
 * @param {string} symbol
 * @param {Resolution} resolution
 */
function display(symbol, resolution) {
  const name = stage.auto ? autoName : resolution.name;
  const hash = hashOf({ symbol, resolution: name });
  if (location.hash !== hash) history.replaceState(null, "", hash);
  picker.select(name, resolution.name);
  if (symbol === stage.symbol && resolution.name === stage.resolution?.name) return;
  setText(byId("symbol"), symbol);
  const shown = stage.show(symbol, resolution);
  list.select(symbol);
  showQuote();
  look();
  quietly(shown);
}

/**
 * Tells the server what is looked at, and asks for the half hours of what was not before, once
 * that rests.
 */
function look() {
  clearTimeout(resting);
  resting = setTimeout(lookNow, restMs);
}

function lookNow() {
  connection.want({
    symbol: stage.symbol,
    resolution: stage.resolution?.name ?? "",
    rows: list.inView,
  });
  histories.want([stage.symbol, ...list.inView].filter((symbol) => symbol !== ""));
}

/** @param {string | undefined} wanted */
function offered(wanted) {
  return health?.resolutions.find(({ name }) => name === wanted);
}

/** @param {{ partitions: Record<string, string[]> }} event */
function takeListing({ partitions }) {
  market.list(partitions);
  list.list(market.names);
  showAny();
}

/** Shows what the address names; the first symbol where it names none, or one that is not there. */
function showAny() {
  if (awaited !== undefined && market.has(awaited.symbol)) {
    show(awaited);
    if (stage.symbol === awaited.symbol) awaited = undefined;
  }
  if (stage.symbol !== "") return;
  show({ symbol: market.names[0] ?? "", resolution: awaited?.resolution ?? "" });
}

/** @param {{ symbols: Summary[], latest?: number }} event */
function takeSymbols({ symbols, latest }) {
  market.addSummaries(symbols);
  list.update(symbols.map(({ symbol }) => symbol));
  if (symbols.some(({ symbol }) => symbol === stage.symbol)) showQuote();
  if (latest) setText(byId("event-time"), `${zone.dateTime(latest)} ${zone.label(latest)}`);
}

/** @param {{ candles: Candle[] }} event */
function takeCandles({ candles }) {
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
  stage.resolutions = event.resolutions;
  showAny();
  showFreshness();
}

/**
 * What is heard of other instances; of a partition that is found again something may have been
 * missed.
 *
 * @param {Elsewhere} event
 */
function takeElsewhere(event) {
  const lostBefore = elsewhere?.missing_partitions ?? [];
  elsewhere = event;
  showElsewhere(event);
  const found = lostBefore.filter((partition) => !event.missing_partitions.includes(partition));
  const isFound = found.includes(market.partitionOf(stage.symbol) ?? -1);
  if (found.length > 0) histories.forget();
  if (isFound) quietly(stage.refresh({ interrupted: true }));
  if (found.length > 0) look();
  showFreshness();
}

/** @param {string} symbol Whether it is of a partition that no instance answers for. */
function isLost(symbol) {
  const missing = elsewhere?.missing_partitions ?? [];
  return missing.includes(market.partitionOf(symbol) ?? -1);
}

/**
 * Asks for what an interruption, or a change of what is looked at, may have hidden.
 *
 * @param {{ interrupted: boolean }} change
 */
function catchUp(change) {
  if (change.interrupted) {
    elsewhere = undefined;
    histories.forget();
    look();
  }
  showFreshness();
  quietly(stage.refresh(change));
}

function showQuote() {
  const { price, decimals, change, minutes } = market.view(stage.symbol);
  const summary = market.summary(stage.symbol);
  const text = formatNumber(price, decimals);
  setText(byId("price"), text);
  setText(byId("change"), change === undefined ? "" : `${formatChange(change)} in ${minutes} min`);
  byId("change").className = `change ${changeDirection(change)}`;
  setText(byId("day-volume"), formatAmount(summary?.volume));
  setText(byId("day-count"), formatAmount(summary?.count));
  document.title = `${text} ${stage.symbol} · ${health?.application ?? "market"}`;
}

function showFreshness() {
  const healthAgeMs = performance.now() - healthAt;
  const { connected, silentMs } = connection;
  const lostSymbols = (elsewhere?.missing_partitions.length ?? 0) > 0
    ? market.names.filter(isLost)
    : [];
  const { level, word, banner } = freshnessOf(
    { connected, silentMs, health, healthAgeMs, elsewhere, lostSymbols },
  );
  byId("link").dataset["level"] = level;
  setText(byId("link-text"), word);
  byId("banner").hidden = banner === "";
  byId("banner").dataset["level"] = level;
  setText(byId("banner-title"), `${word.charAt(0).toUpperCase()}${word.slice(1)}:`);
  setText(byId("banner-text"), banner);
  stage.explain(banner === "" ? "" : word);
  byId("content").toggleAttribute("data-stale", banner !== "" && word !== "incomplete");
  byId("content").toggleAttribute("data-lost", isLost(stage.symbol));
  list.markLost(isLost);
  byId("health").toggleAttribute("data-stale", !connected);
  if (!connected) showUnreachable();
  if (health !== undefined) showCommitAge(health, healthAgeMs, elsewhere);
}

function goTo() {
  const input = /** @type {HTMLInputElement} */ (byId("go-to"));
  const timeMs = new Date(input.value).getTime();
  if (!Number.isNaN(timeMs)) quietly(stage.goTo(timeMs));
}

async function loadChart() {
  const path = "/assets/lightweight-charts.js";
  try {
    const library = await import(path);
    chart = new Chart(library, byId("chart"), {
      onHover: (/** @type {number | undefined} */ timeMs) => stage.hover(timeMs),
      onView: () => stage.moved(),
    });
    stage.setChart(chart);
  } catch (error) {
    byId("chart-note").hidden = false;
    setText(byId("chart-note-text"), `The chart could not be loaded: ${error}`);
  }
}

/**
 * Lets a request fail without a word: the connection says what is wrong, and the next one asks
 * again.
 *
 * @param {Promise<unknown>} work
 */
function quietly(work) {
  work.catch(() => {});
}
