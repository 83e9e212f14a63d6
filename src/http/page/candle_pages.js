// @ts-check

/** @typedef {import("../wire.ts").CandleJson} Candle */
/** @typedef {{ limit: number, from?: number, to?: number }} Range Starts in `[from, to)`, epoch ms. */

/**
 * @typedef {object} Page
 * @property {Candle[]} candles The newest ones of a range, oldest first.
 * @property {boolean} complete There are no others in the range.
 */

/** Candles asked for at once. */
export const pageCandles = 1_000;
/** Candles kept: more than a screen shows, so that scrolling far costs no more than scrolling. */
export const candlesMax = 8_000;
/** Questions that the search for what follows a stretch without trades may take. */
const stepsMax = 60;

/**
 * An unbroken stretch of one symbol's history, which grows on the side that is asked for and gives
 * up what is far away on the other.
 */
export class CandlePages {
  /** @type {Candle[]} Oldest first. */
  #candles = [];
  #ask;
  #sizeMs;
  #max;
  #page;
  /** The first candle there is, is loaded. */
  atStart = false;
  /** The last one is, so that new ones follow it. */
  atEnd = true;

  /**
   * @param {(range: Range) => Promise<Page>} ask
   * @param {number} sizeMs Length of a candle.
   * @param {{ max?: number, page?: number }} [limits]
   */
  constructor(ask, sizeMs, { max = candlesMax, page = pageCandles } = {}) {
    this.#ask = ask;
    this.#sizeMs = sizeMs;
    this.#max = max;
    this.#page = page;
  }

  /** @returns {readonly Candle[]} Oldest first. */
  get all() {
    return this.#candles;
  }

  /** @returns {Candle | undefined} */
  get last() {
    return this.#candles.at(-1);
  }

  /** Windows between the first and the last candle without a trade. */
  get emptyWindows() {
    const [first, last] = [this.#candles[0], this.last];
    if (first === undefined || last === undefined) return 0;
    return Math.round((last.start - first.start) / this.#sizeMs) + 1 - this.#candles.length;
  }

  /** Takes the newest candles in place of everything. @param {number} [limit] */
  async latest(limit = this.#page) {
    this.#begin(await this.#ask({ limit }));
    this.atEnd = true;
  }

  /**
   * Takes the candles around a time in place of everything; those after it where nothing is before.
   *
   * @param {number} timeMs
   * @param {number} [limit]
   */
  async around(timeMs, limit = this.#page) {
    const to = Math.max(0, timeMs + (limit / 2) * this.#sizeMs);
    this.#begin(await this.#ask({ to, limit }));
    this.atEnd = false;
    await this.#append(this.last, this.last?.end ?? to);
  }

  /** Asks for candles before the first one. */
  async older() {
    const first = this.#candles[0];
    if (first === undefined || this.atStart) return;
    const { candles, complete } = await this.#ask({ to: first.start, limit: this.#page });
    if (this.#candles[0]?.start !== first.start) return;
    this.atStart = complete;
    this.#candles.unshift(...candles);
    if (this.#candles.length <= this.#max) return;
    this.#candles.length = this.#max;
    this.atEnd = false;
  }

  /** Asks for candles after the last one. */
  async newer() {
    const { last } = this;
    if (last !== undefined && !this.atEnd) await this.#append(last, last.end);
  }

  /**
   * Asks for candles that follow the last one. Where others have taken its place meanwhile, the
   * answer is of no use.
   *
   * @param {Candle | undefined} last
   * @param {number} from Epoch ms.
   */
  async #append(last, from) {
    const { candles, atEnd } = await this.#following(from);
    if (this.last?.start !== last?.start) return;
    this.#candles.push(...candles);
    this.atEnd = atEnd;
    if (this.#candles.length <= this.#max) return;
    this.#candles.splice(0, this.#candles.length - this.#max);
    this.atStart = false;
  }

  /** Asks for what an interruption may have hidden at the end. @param {number} [limit] */
  async catchUp(limit = this.#page) {
    const { last } = this;
    if (last === undefined) return await this.latest(limit);
    if (!this.atEnd) return;
    const { candles, complete } = await this.#ask({ from: last.start, limit });
    if (complete) this.merge(candles);
    else await this.latest(limit);
  }

  /**
   * Takes candles that are new or have changed, in any order; those behind an end that is not
   * loaded are left out.
   *
   * @param {readonly Candle[]} candles
   * @returns {Candle[] | undefined} The candles at and after the former end that changed, oldest
   *   first; `undefined` when something before it changed, so that all must be drawn again.
   */
  merge(candles) {
    const end = this.last?.start ?? -Infinity;
    const first = this.#candles[0]?.start ?? -Infinity;
    const sorted = candles.filter(({ start }) =>
      (this.atEnd || start <= end) && (this.atStart || start >= first)
    ).sort((a, b) => a.start - b.start);
    for (const candle of sorted) this.#put(candle);
    const excess = this.#candles.length - this.#max;
    if (excess > 0) {
      this.#candles.splice(0, excess);
      this.atStart = false;
    }
    return excess > 0 || (sorted[0]?.start ?? Infinity) < end ? undefined : sorted;
  }

  /**
   * Index of the first candle that starts at or after a time.
   *
   * @param {number} start
   */
  indexOf(start) {
    let low = 0;
    let high = this.#candles.length;
    while (low < high) {
      const middle = (low + high) >>> 1;
      if ((this.#candles[middle]?.start ?? 0) < start) low = middle + 1;
      else high = middle;
    }
    return low;
  }

  /** @param {Page} page */
  #begin({ candles, complete }) {
    this.#candles = candles;
    this.atStart = complete;
  }

  /**
   * The first page at or after a time. A stretch without trades is passed in steps that double.
   *
   * @param {number} from
   * @returns {Promise<{ candles: Candle[], atEnd: boolean }>}
   */
  async #following(from) {
    const { candles: [newest] } = await this.#ask({ from, limit: 1 });
    const pageMs = this.#page * this.#sizeMs;
    let spanMs = pageMs;
    for (let step = 0; newest !== undefined && from <= newest.start && step < stepsMax; step++) {
      const to = from + spanMs;
      const { candles, complete } = await this.#ask({ from, to, limit: this.#page });
      if (candles.length === 0) {
        from = to;
        spanMs *= 2;
      } else if (complete || spanMs === pageMs) {
        return { candles, atEnd: newest.start < to };
      } else spanMs = Math.max(pageMs, spanMs / 2);
    }
    return { candles: [], atEnd: true };
  }

  /** @param {Candle} candle */
  #put(candle) {
    const index = this.indexOf(candle.start);
    const replaces = this.#candles[index]?.start === candle.start;
    this.#candles.splice(index, replaces ? 1 : 0, candle);
  }
}
