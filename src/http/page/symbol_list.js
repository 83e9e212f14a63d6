// @ts-check
/// <reference lib="dom" />
import { byId, create, setText } from "./dom.js";
import { changeDirection, decimalsOf, formatChange, formatNumber } from "./format.js";
import { createSparkline, drawSparkline } from "./sparkline.js";

/** @typedef {import("./market.js").SymbolView} SymbolView */

/**
 * @typedef {object} Row
 * @property {HTMLElement} root
 * @property {HTMLElement} last
 * @property {HTMLElement} move
 * @property {SVGSVGElement} spark
 */

/** The list of symbols: a listbox that keeps the keyboard's focus and moves its selection. */
export class SymbolList {
  #list = byId("symbols");
  #filter = /** @type {HTMLInputElement} */ (byId("filter"));
  /** @type {Map<string, Row>} */
  #rows = new Map();
  #selected = "";
  #onSelect;

  /** @param {(symbol: string) => void} onSelect */
  constructor(onSelect) {
    this.#onSelect = onSelect;
    this.#filter.addEventListener("input", () => this.#applyFilter());
    document.addEventListener("keydown", (event) => this.#onKey(event));
  }

  /** @param {SymbolView} view */
  update(view) {
    const row = this.#rows.get(view.symbol) ?? this.#add(view.symbol);
    const className = changeDirection(view.change);
    setText(row.last, formatNumber(view.price, decimalsOf([view.price])));
    setText(row.move, formatChange(view.change));
    row.move.className = `move ${className}`;
    drawSparkline(row.spark, view.closes, className);
  }

  /**
   * Marks the symbols of which nothing new is heard, and no others.
   *
   * @param {readonly string[]} symbols
   */
  markLost(symbols) {
    for (const [symbol, { root }] of this.#rows) {
      root.toggleAttribute("data-lost", symbols.includes(symbol));
    }
  }

  /** @param {string} symbol */
  select(symbol) {
    this.#rows.get(this.#selected)?.root.setAttribute("aria-selected", "false");
    this.#selected = symbol;
    const row = this.#rows.get(symbol);
    if (row === undefined) return;
    row.root.setAttribute("aria-selected", "true");
    row.root.scrollIntoView({ block: "nearest", inline: "nearest" });
    this.#list.setAttribute("aria-activedescendant", row.root.id);
  }

  /** @param {string} symbol */
  #add(symbol) {
    byId("no-symbols").hidden = true;
    const root = create("li", "row");
    root.id = `symbol-${this.#rows.size}`;
    root.setAttribute("role", "option");
    root.setAttribute("aria-selected", String(symbol === this.#selected));
    root.addEventListener("click", () => this.#onSelect(symbol));
    const numbers = create("span", "numbers");
    const row = {
      root,
      last: create("span", "last"),
      move: create("span", "move"),
      spark: createSparkline(),
    };
    numbers.append(row.last, row.move);
    root.append(nameOf(symbol), row.spark, numbers);
    this.#rows.set(symbol, row);
    this.#insert(symbol, root);
    this.#applyFilter();
    return row;
  }

  /**
   * Keeps the rows in the order of their names.
   *
   * @param {string} symbol
   * @param {HTMLElement} root
   */
  #insert(symbol, root) {
    const next = [...this.#rows.keys()].sort().find((other) => other > symbol);
    const before = next === undefined ? undefined : this.#rows.get(next);
    this.#list.insertBefore(root, before?.root ?? null);
  }

  #applyFilter() {
    const wanted = this.#filter.value.trim().toLowerCase();
    for (const [symbol, { root }] of this.#rows) {
      root.hidden = !symbol.toLowerCase().includes(wanted);
    }
  }

  /** @param {KeyboardEvent} event */
  #onKey(event) {
    if (event.ctrlKey || event.metaKey || event.altKey) return;
    const inFilter = event.target === this.#filter;
    if (event.key === "/" && !inFilter) {
      event.preventDefault();
      this.#filter.focus();
    } else if (event.key === "Escape" && inFilter) {
      this.#filter.value = "";
      this.#applyFilter();
      this.#list.focus();
    } else if (inFilter || event.target === this.#list || event.target === document.body) {
      this.#move(event);
    }
  }

  /** @param {KeyboardEvent} event */
  #move(event) {
    const shown = [...this.#rows.keys()].sort().filter((symbol) =>
      !this.#rows.get(symbol)?.root.hidden
    );
    const target = targetIndex(event.key, shown.indexOf(this.#selected), shown.length);
    const symbol = target === undefined ? undefined : shown[target];
    if (symbol === undefined) return;
    event.preventDefault();
    this.#onSelect(symbol);
  }
}

/**
 * A name that may break after its separators.
 *
 * @param {string} symbol
 */
function nameOf(symbol) {
  const name = create("span", "name");
  for (const part of symbol.split(/(?<=[:_./-])/)) {
    name.append(part, document.createElement("wbr"));
  }
  return name;
}

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
    case "Home":
      return 0;
    case "End":
      return count - 1;
    default:
      return undefined;
  }
}
