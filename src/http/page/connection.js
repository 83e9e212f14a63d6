// @ts-check
/// <reference lib="dom" />

/** The server tells its state every 2 s; silence of this length means that nobody is there. */
const silenceMaxMs = 9_000;
const retryMs = 2_000;

const eventNames = /** @type {const} */ (["symbols", "candles", "trades", "health", "elsewhere"]);

/**
 * Follows `/api/stream` for as long as the page lives, through every interruption.
 *
 * The browser's own reconnection gives up on an error status and does not notice a dead peer, so
 * silence is watched here as well.
 */
export class Connection {
  /** @type {EventSource | undefined} */
  #source;
  #lastEventAt = performance.now();
  #connected = false;
  #handlers;
  #onOpen;

  /**
   * @param {Record<typeof eventNames[number], (data: any) => void>} handlers
   * @param {() => void} onOpen Called at every connection: ask again for what may be missed.
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

  #open() {
    const source = new EventSource("/api/stream");
    this.#source = source;
    source.onopen = () => {
      this.#connected = true;
      this.#lastEventAt = performance.now();
      this.#onOpen();
    };
    source.onerror = () => {
      this.#connected = false;
      if (source.readyState === EventSource.CLOSED) setTimeout(() => this.#reopen(source), retryMs);
    };
    for (const name of eventNames) {
      source.addEventListener(name, (event) => {
        this.#lastEventAt = performance.now();
        this.#handlers[name](JSON.parse(event.data));
      });
    }
  }

  #watch() {
    if (!this.#connected || this.silentMs < silenceMaxMs || this.#source === undefined) return;
    this.#connected = false;
    this.#reopen(this.#source);
  }

  /** @param {EventSource} source The one that failed. */
  #reopen(source) {
    if (source !== this.#source) return;
    source.close();
    this.#open();
  }
}
