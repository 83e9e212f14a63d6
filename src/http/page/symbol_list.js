// @ts-check
/// <reference lib="dom" />
import { byId, create, setText } from "./dom.js";
import { changeDirection, formatChange, formatNumber } from "./format.js";
import { createSparkline, drawSparkline } from "./sparkline.js";
import { sliceOf } from "./window.js";

/** @typedef {import("./market.js").SymbolView} SymbolView */

/**
 * @typedef {object} Row
 * @property {string} symbol
 * @property {HTMLElement} root
 * @property {HTMLElement} ticker
 * @property {HTMLElement} venue
 * @property {HTMLElement} last
 * @property {HTMLElement} move
 * @property {SVGSVGElement} spark
 */

/** Keys that mean nothing to the filter's own text. */
const verticalKeys = new Set(["ArrowDown", "ArrowUp", "PageDown", "PageUp"]);

/** Rows beyond each edge that are there already when scrolling begins. */
const spareRows = 4;

/**
 * The list of symbols: a listbox that keeps the keyboard's focus and moves its selection. However
 * many symbols there are, only rows in view exist; as some leave, others are made of them.
 */
export class SymbolList {
  #list = byId("symbols");
  #sizer = byId("symbols-sizer");
  #filter = /** @type {HTMLInputElement} */ (byId("filter"));
  /** On a narrow screen the rows lie side by side. */
  #sideways = matchMedia("(max-width: 720px)");
  /** In their order. @type {readonly string[]} */
  #names = [];
  /** Those that the filter lets through. @type {readonly string[]} */
  #shown = [];
  /** By their index among those. @type {Map<number, Row>} */
  #rows = new Map();
  /** @type {(symbol: string) => boolean} */
  #isLost = () => false;
  #selected = "";
  #drawing = 0;
  #rowLength = 1;
  #sizerLength = 0;
  #handlers;

  /**
   * @param {object} handlers
   * @param {(symbol: string) => void} handlers.onSelect
   * @param {(symbol: string) => SymbolView} handlers.viewOf
   * @param {() => void} handlers.onRows Other rows than before are in view.
   */
  constructor(handlers) {
    this.#handlers = handlers;
    this.#filter.addEventListener("input", () => this.#applyFilter());
    this.#list.addEventListener("scroll", () => this.#drawSoon(), { passive: true });
    new ResizeObserver(() => this.#measure()).observe(this.#list);
    document.addEventListener("keydown", (event) => this.#onKey(event));
  }

  /** Symbols whose rows are in view. */
  get inView() {
    return [...this.#rows.values()].map(({ symbol }) => symbol).sort();
  }

  /**
   * Lists these, and no others.
   *
   * @param {readonly string[]} names In their order.
   */
  list(names) {
    this.#names = names;
    this.#applyFilter();
  }

  /** Shows what is known now of symbols that are in view. @param {Iterable<string>} symbols */
  update(symbols) {
    const changed = new Set(symbols);
    for (const row of this.#rows.values()) if (changed.has(row.symbol)) this.#show(row);
  }

  /**
   * Marks the symbols of which nothing new is heard, and no others.
   *
   * @param {(symbol: string) => boolean} isLost
   */
  markLost(isLost) {
    this.#isLost = isLost;
    for (const { root, symbol } of this.#rows.values()) {
      root.toggleAttribute("data-lost", isLost(symbol));
    }
  }

  /** @param {string} symbol */
  select(symbol) {
    this.#selected = symbol;
    const index = this.#shown.indexOf(symbol);
    if (index >= 0) this.#reveal(index);
    this.#draw();
  }

  #applyFilter() {
    const wanted = this.#filter.value.trim().toLowerCase();
    this.#shown = this.#names.filter((name) => name.toLowerCase().includes(wanted));
    setText(byId("symbols-count"), countText(this.#shown.length, this.#names.length));
    byId("no-symbols").hidden = this.#shown.length > 0;
    setText(
      byId("no-symbols"),
      this.#names.length === 0 ? "Waiting for the first trade" : "No match",
    );
    this.#draw();
  }

  /** Puts every row in its place for the screen as it is now. */
  #measure() {
    const style = getComputedStyle(this.#list);
    this.#rowLength = Number.parseFloat(style.getPropertyValue("--row-length"));
    for (const { root } of this.#rows.values()) root.remove();
    this.#rows.clear();
    this.#sizer.style.cssText = "";
    this.#sizerLength = 0;
    this.#draw();
  }

  #drawSoon() {
    this.#drawing ||= requestAnimationFrame(() => this.#draw());
  }

  /** Puts a row where each symbol in view belongs. */
  #draw() {
    cancelAnimationFrame(this.#drawing);
    this.#drawing = 0;
    const { start, end } = this.#slice();
    const spare = [...this.#rows].filter(([index, { symbol }]) =>
      index < start || index >= end || this.#shown[index] !== symbol
    );
    for (const [index] of spare) this.#rows.delete(index);
    let changed = spare.length > 0;
    for (let index = start; index < end; index++) {
      const symbol = this.#shown[index] ?? "";
      const known = this.#rows.get(index);
      changed ||= known === undefined;
      const row = known ?? spare.pop()?.[1] ?? this.#newRow();
      this.#rows.set(index, row);
      if (known === undefined) this.#place(row, symbol, index);
      this.#mark(row);
    }
    for (const [, { root }] of spare) root.remove();
    if (changed) this.#handlers.onRows();
  }

  #slice() {
    const length = this.#rowLength;
    const sideways = this.#sideways.matches;
    const sizerLength = length * this.#shown.length;
    if (sizerLength !== this.#sizerLength) {
      this.#sizerLength = sizerLength;
      this.#sizer.style.cssText = `${sideways ? "width" : "height"}: ${sizerLength}px`;
    }
    const list = this.#list;
    return sliceOf({
      count: this.#shown.length,
      length,
      offset: sideways ? list.scrollLeft : list.scrollTop,
      extent: sideways ? list.clientWidth : list.clientHeight,
      spare: spareRows,
    });
  }

  /**
   * @param {Row} row
   * @param {string} symbol
   * @param {number} index
   */
  #place(row, symbol, index) {
    row.symbol = symbol;
    const at = `${index * this.#rowLength}px`;
    row.root.style.cssText = this.#sideways.matches ? `left: ${at}` : `top: ${at}`;
    row.root.id = `symbol-${index}`;
    row.root.ariaPosInSet = String(index + 1);
    row.root.ariaSetSize = String(this.#shown.length);
    row.root.title = symbol;
    const { venue, ticker } = partsOf(symbol);
    setText(row.ticker, ticker);
    setText(row.venue, venue);
    this.#show(row);
  }

  /** @param {Row} row */
  #mark({ root, symbol }) {
    const selected = symbol === this.#selected;
    root.setAttribute("aria-selected", String(selected));
    root.toggleAttribute("data-lost", this.#isLost(symbol));
    if (selected) this.#list.setAttribute("aria-activedescendant", root.id);
  }

  /** @param {Row} row */
  #show(row) {
    const { price, decimals, change, closes } = this.#handlers.viewOf(row.symbol);
    const className = changeDirection(change);
    setText(row.last, formatNumber(price, decimals));
    setText(row.move, formatChange(change));
    row.move.className = `move ${className}`;
    drawSparkline(row.spark, closes, className);
  }

  /** @returns {Row} */
  #newRow() {
    const row = {
      symbol: "",
      root: create("li", "row"),
      ticker: create("span", "ticker"),
      venue: create("span", "venue"),
      last: create("span", "last"),
      move: create("span", "move"),
      spark: createSparkline(),
    };
    const [name, numbers] = [create("span", "name"), create("span", "numbers")];
    name.append(row.ticker, row.venue);
    numbers.append(row.last, row.move);
    row.root.setAttribute("role", "option");
    row.root.append(name, row.spark, numbers);
    row.root.addEventListener("click", () => this.#handlers.onSelect(row.symbol));
    this.#list.append(row.root);
    return row;
  }

  /** Scrolls no further than needed. @param {number} index */
  #reveal(index) {
    const [start, end] = [index * this.#rowLength, (index + 1) * this.#rowLength];
    const sideways = this.#sideways.matches;
    const list = this.#list;
    const offset = sideways ? list.scrollLeft : list.scrollTop;
    const extent = sideways ? list.clientWidth : list.clientHeight;
    const to = start < offset ? start : end > offset + extent ? end - extent : offset;
    if (to === offset) return;
    this.#slice();
    if (sideways) list.scrollLeft = to;
    else list.scrollTop = to;
  }

  /** @param {KeyboardEvent} event */
  #onKey(event) {
    if (event.ctrlKey || event.metaKey || event.altKey) return;
    const inFilter = event.target === this.#filter;
    const isFree = event.target === this.#list || event.target === document.body;
    if (event.key === "/" && isFree) {
      event.preventDefault();
      this.#filter.focus();
    } else if (event.key === "Escape" && inFilter) {
      this.#filter.value = "";
      this.#applyFilter();
      this.#list.focus();
    } else if (event.key === "Enter" && inFilter && this.#shown[0] !== undefined) {
      if (!this.#shown.includes(this.#selected)) this.#handlers.onSelect(this.#shown[0]);
      this.#list.focus();
    } else if (isFree || (inFilter && verticalKeys.has(event.key))) this.#move(event);
  }

  /** @param {KeyboardEvent} event */
  #move(event) {
    const index = this.#shown.indexOf(this.#selected);
    const target = targetIndex(event.key, index, this.#shown.length);
    const symbol = target === undefined ? undefined : this.#shown[target];
    if (symbol === undefined) return;
    event.preventDefault();
    this.#handlers.onSelect(symbol);
  }
}

/**
 * The name of a symbol that says where it is traded, in its two parts: `BINANCE:BTCUSDT`.
 *
 * @param {string} symbol
 */
export function partsOf(symbol) {
  const colon = symbol.lastIndexOf(":");
  if (colon <= 0 || colon === symbol.length - 1) return { venue: "", ticker: symbol };
  return { venue: symbol.slice(0, colon), ticker: symbol.slice(colon + 1) };
}

/**
 * @param {number} shown
 * @param {number} all
 */
function countText(shown, all) {
  const count = all.toLocaleString("en-US");
  return shown === all ? count : `${shown.toLocaleString("en-US")} of ${count}`;
}

/** Rows that a page key moves by. */
const pageRows = 10;

/**
 * Where a key leads in a list.
 *
 * @param {string} key
 * @param {number} index Where we are; -1 for nowhere.
 * @param {number} count
 * @returns {number | undefined} `undefined` for a key that does not move.
 */
export function targetIndex(key, index, count) {
  switch (key) {
    case "ArrowDown":
    case "ArrowRight":
      return Math.min(index + 1, count - 1);
    case "ArrowUp":
    case "ArrowLeft":
      return Math.max(index - 1, 0);
    case "PageDown":
      return Math.min(index + pageRows, count - 1);
    case "PageUp":
      return Math.max(index - pageRows, 0);
    case "Home":
      return 0;
    case "End":
      return count - 1;
    default:
      return undefined;
  }
}
