import type { PipelineError } from "../base/errors.ts";
import { FeedConnection } from "./feed_connection.ts";
import {
  type FinnhubClientOptions,
  type FinnhubClientSettings,
  finnhubClientSettings,
} from "./finnhub_settings.ts";
import { type FinnhubAddress, finnhubAddress } from "./finnhub_url.ts";
import type { Frame, FrameSource } from "./frame.ts";
import { FrameBuffer } from "./frame_buffer.ts";
import { sleepUnlessAborted } from "./pacer.ts";
import { reconnectStep } from "./reconnect.ts";
import { Subscriptions } from "./subscriptions.ts";

/**
 * Frames from Finnhub's WebSocket, or from a server that speaks its protocol.
 *
 * Connects, subscribes, and connects again after every end but a refused key. When the reader is
 * slow, it stops reading, so that the server has to wait. Guarantee: every frame that arrived is
 * yielded, in order, also those that arrived before a shutdown; what the server sends while there
 * is no connection is lost, as Finnhub cannot be asked for it.
 */
export class FinnhubClient implements FrameSource {
  readonly producerId: string;
  readonly #settings: FinnhubClientSettings;
  readonly #address: FinnhubAddress;
  readonly #subscriptions: Subscriptions;
  #connection: FeedConnection | undefined;

  /** @throws {PipelineError} `CONFIG_INVALID` if the address is no ws or wss URL. */
  constructor(options: FinnhubClientOptions) {
    this.producerId = options.producerId;
    this.#address = finnhubAddress(options.apiUrl, options.key);
    this.#settings = finnhubClientSettings(options);
    this.#subscriptions = new Subscriptions(options.symbols);
  }

  /** Subscribes these symbols in place of those before, now and after every reconnect. */
  changeSymbols(symbols: readonly string[]): void {
    const messages = this.#subscriptions.change(symbols);
    this.#connection?.send(messages);
  }

  /**
   * Receives until the signal fires.
   *
   * @throws {PipelineError} `FEED_REFUSED` if the server does not accept the key.
   */
  async *frames(signal: AbortSignal): AsyncGenerator<Frame> {
    const left = new AbortController();
    const stop = AbortSignal.any([signal, left.signal]);
    const buffer = new FrameBuffer(this.#settings);
    const connecting = this.#stayConnected(buffer, stop).finally(() => buffer.close());
    connecting.catch(() => {}); // its failure surfaces below, after what was received is yielded
    try {
      yield* buffer.frames();
    } finally {
      left.abort();
      await connecting;
    }
  }

  async #stayConnected(buffer: FrameBuffer, stop: AbortSignal): Promise<void> {
    const { clock, random, logger, observer, policy } = this.#settings;
    const subscriptions = this.#subscriptions;
    for (let failures = 0; !stop.aborted;) {
      const connection = new FeedConnection(this.#settings, { buffer, subscriptions });
      this.#connection = connection;
      logger.debug("Connecting to the feed", { feed: this.#address.shownAs });
      const { end, openMs } = await connection.run(this.#address.url, stop);
      if (stop.aborted) return;
      observer.disconnected(end);
      const step = reconnectStep({ end, openMs, failures }, policy, random);
      if (step.kind === "stop") throw step.error;
      failures = step.failures;
      this.#reportLoss(step.error, step.delayMs, openMs);
      if (!await sleepUnlessAborted(clock, step.delayMs, stop)) return;
    }
  }

  #reportLoss(error: PipelineError, delayMs: number, openMs: number): void {
    this.#settings.logger.warn(`${error.message}; trying again`, {
      code: error.code,
      feed: this.#address.shownAs,
      waitSeconds: Math.round(delayMs / 100) / 10,
      openSeconds: Math.round(openMs / 1_000),
    });
  }
}
