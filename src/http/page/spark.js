// @ts-check

/** @typedef {import("../wire.ts").CandleJson} Candle */
/** @typedef {{ start: number, open: number, close: number }} Minute */

const minuteMs = 60_000;

/** How far back change and sparkline look, minutes of event time. */
export const lookBackMinutes = 30;

/** The last half hour of a symbol, minute by minute. */
export class Spark {
  /** Oldest first. @type {Minute[]} */
  #minutes = [];

  /** @param {readonly Candle[]} candles Of a minute each, oldest first. */
  constructor(candles) {
    for (const { start, open, close } of candles) {
      if (open !== null && close !== null) this.#minutes.push({ start, open, close });
    }
    this.#trim();
  }

  /** The price at the beginning. */
  get base() {
    return this.#minutes[0]?.open;
  }

  get closes() {
    return this.#minutes.map(({ close }) => close);
  }

  /** How many minutes lie between the first and the last. */
  get minutes() {
    const [first, last] = [this.#minutes[0], this.#minutes.at(-1)];
    if (first === undefined || last === undefined) return 0;
    return (last.start - first.start) / minuteMs + 1;
  }

  /**
   * Takes a price that is the last one at its time.
   *
   * @param {number} timeMs
   * @param {number} price
   */
  add(timeMs, price) {
    const start = timeMs - (timeMs % minuteMs);
    const last = this.#minutes.at(-1);
    if (last !== undefined && start < last.start) return;
    if (last !== undefined && start === last.start) last.close = price;
    else this.#minutes.push({ start, open: price, close: price });
    this.#trim();
  }

  #trim() {
    const end = this.#minutes.at(-1)?.start ?? 0;
    const first = this.#minutes.findIndex(({ start }) => start > end - lookBackMinutes * minuteMs);
    this.#minutes.splice(0, first);
  }
}
