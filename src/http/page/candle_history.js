// @ts-check

/** @typedef {import("../wire.ts").CandleJson} Candle */

/** Candles of one symbol in order of time, at most `max` of them: the newest. */
export class CandleHistory {
  /** @type {Candle[]} */
  #candles = [];
  #max;

  /** @param {number} max */
  constructor(max) {
    this.#max = max;
  }

  /** @returns {readonly Candle[]} Oldest first. */
  get all() {
    return this.#candles;
  }

  /** @returns {Candle | undefined} */
  get last() {
    return this.#candles.at(-1);
  }

  /**
   * Takes candles in any order; one that is there already is replaced.
   *
   * @param {readonly Candle[]} candles
   * @returns {Candle[] | undefined} The candles at and after the former end that changed, oldest
   *   first; `undefined` when something before it changed, so that all must be drawn anew.
   */
  merge(candles) {
    const formerEnd = this.last?.start ?? -Infinity;
    const sorted = [...candles].sort((a, b) => a.start - b.start);
    for (const candle of sorted) this.#put(candle);
    const dropped = this.#candles.length > this.#max;
    if (dropped) this.#candles.splice(0, this.#candles.length - this.#max);
    const first = sorted[0];
    if (dropped || (first !== undefined && first.start < formerEnd)) return undefined;
    return sorted;
  }

  /**
   * The candles whose start lies less than `ms` before the last one's end.
   *
   * @param {number} ms
   * @returns {readonly Candle[]}
   */
  recent(ms) {
    const last = this.last;
    if (last === undefined) return [];
    return this.#candles.slice(this.#indexOf(last.end - ms));
  }

  /** @param {Candle} candle */
  #put(candle) {
    const index = this.#indexOf(candle.start);
    const replaces = this.#candles[index]?.start === candle.start;
    this.#candles.splice(index, replaces ? 1 : 0, candle);
  }

  /**
   * Index of the first candle that starts at or after `start`.
   *
   * @param {number} start
   */
  #indexOf(start) {
    let low = 0;
    let high = this.#candles.length;
    while (low < high) {
      const middle = (low + high) >>> 1;
      const candle = this.#candles[middle];
      if (candle !== undefined && candle.start < start) low = middle + 1;
      else high = middle;
    }
    return low;
  }
}
