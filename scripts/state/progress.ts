import { printError } from "../lib/print.ts";

/** Between two lines, ms. */
const pauseMs = 5_000;

/** Says on standard error how far long work is. */
export class Progress {
  readonly #what: string;
  #count = 0;
  #startedMs = performance.now();
  #saidMs = this.#startedMs;

  /** @param what What is counted. */
  constructor(what: string) {
    this.#what = what;
  }

  /** Counts work that is done. */
  add(count: number): void {
    this.#count += count;
    const nowMs = performance.now();
    if (nowMs - this.#saidMs < pauseMs) return;
    this.#saidMs = nowMs;
    printError(
      `${this.#count} ${this.#what} after ${Math.round((nowMs - this.#startedMs) / 1_000)} s`,
    );
  }
}
