// @ts-check
/// <reference lib="dom" />

import { askToLogIn } from "./api.js";

/** The server sends its state every 2 s; silence of this length means that nothing is there. */
const silenceMaxMs = 9_000;
const retryMs = 2_000;

const eventNames = /** @type {const} */ ([
  ...["health", "elsewhere", "listing", "symbols", "candles", "trades"],
]);

/**
 * @typedef {object} Wanted
 * @property {string} symbol "" for none.
 * @property {string} resolution
 * @property {readonly string[]} rows Symbols of the list that are in view.
 */

/**
 * Follows `/api/stream` for as long as the page lives, through every interruption.
 *
 * What the stream carries stands in its address, so it is opened again when that changes; the one
 * before is closed only when the new one is open.
 *
 * The browser's own reconnection gives up on an error status and does not notice a dead peer, so
 * silence is watched here as well.
 */
export class Connection {
  /** The one that counts. @type {EventSource | undefined} */
  #source;
  /** The one before it, until it is open. @type {EventSource | undefined} */
  #former;
  #query = "";
  /** Version of the list of names that has come. */
  #listed = "";
  #lastEventAt = performance.now();
  #connected = false;
  /** Something may have been missed since. */
  #interrupted = true;
  #handlers;
  #onOpen;

  /**
   * @param {Record<string, (data: any) => void>} handlers
   * @param {(change: { interrupted: boolean }) => void} onOpen Called at every connection: ask
   *   again for what may be missed; that is little unless it was interrupted.
   */
  constructor(handlers, onOpen) {
    this.#handlers = handlers;
    this.#onOpen = onOpen;
    this.#open();
    setInterval(() => this.#watch(), 1_000);
  }

  get connected() {
    return this.#connected;
  }

  /** Since the last event, ms. */
  get silentMs() {
    return performance.now() - this.#lastEventAt;
  }

  /**
   * Says what is looked at.
   *
   * @param {Wanted} wanted
   */
  want({ symbol, resolution, rows }) {
    const query = new URLSearchParams();
    if (symbol !== "") query.set("symbol", symbol);
    if (resolution !== "") query.set("resolution", resolution);
    for (const row of rows) query.append("row", row);
    if (query.toString() === this.#query) return;
    this.#query = query.toString();
    this.#open();
  }

  #open() {
    const listed = new URLSearchParams({ listed: this.#listed });
    const source = new EventSource(`/api/stream?${listed}&${this.#query}`);
    if (this.#former === undefined) this.#former = this.#source;
    else this.#source?.close();
    this.#source = source;
    source.onopen = () => this.#opened(source);
    source.onerror = () => this.#failed(source);
    for (const name of eventNames) {
      source.addEventListener(name, (event) => {
        if (source !== this.#source && source !== this.#former) return;
        this.#lastEventAt = performance.now();
        const data = JSON.parse(event.data);
        if (name === "listing") this.#listed = data.version;
        this.#handlers[name]?.(data);
      });
    }
  }

  /** @param {EventSource} source */
  #opened(source) {
    if (source !== this.#source) return;
    this.#closeFormer();
    this.#connected = true;
    this.#lastEventAt = performance.now();
    const interrupted = this.#interrupted;
    this.#interrupted = false;
    this.#onOpen({ interrupted });
  }

  /** @param {EventSource} source */
  #failed(source) {
    if (source === this.#former) this.#closeFormer();
    if (source !== this.#source) return;
    this.#lose();
    if (source.readyState !== EventSource.CLOSED) return;
    void askToLogIn();
    setTimeout(() => this.#reopen(source), retryMs);
  }

  #lose() {
    this.#connected = false;
    this.#interrupted = true;
    this.#closeFormer();
  }

  #closeFormer() {
    this.#former?.close();
    this.#former = undefined;
  }

  #watch() {
    if (!this.#connected || this.silentMs < silenceMaxMs || this.#source === undefined) return;
    this.#lose();
    this.#reopen(this.#source);
  }

  /** @param {EventSource} source The one that failed. */
  #reopen(source) {
    if (source !== this.#source) return;
    source.close();
    this.#source = undefined;
    this.#open();
  }
}
