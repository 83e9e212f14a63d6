import { fired } from "../base/signals.ts";
import type { FinnhubClientSettings } from "./finnhub_settings.ts";
import type { FrameBuffer } from "./frame_buffer.ts";
import type { Message } from "./message.ts";
import { sleepUnlessAborted } from "./pacer.ts";
import type { ConnectionEnd } from "./reconnect.ts";
import type { FeedSocket } from "./socket.ts";
import { errorMessageOf, type Subscriptions } from "./subscriptions.ts";

/** How long the server may take to answer a goodbye, ms. */
const goodbyeMsMax = 1_000;

/** Pings and pongs within a second; more keep the program busy and say nothing. */
const controlFramesMax = 100;

/** What connections that follow each other have in common. */
export interface ConnectionContext {
  readonly buffer: FrameBuffer;
  readonly subscriptions: Subscriptions;
}

/** What became of a connection. */
export interface ConnectionOutcome {
  readonly end: ConnectionEnd;
  /** How long it was open, ms. */
  readonly openMs: number;
}

/** One connection from the handshake to its end: subscribes, receives, notices silence. */
export class FeedConnection {
  readonly #settings: FinnhubClientSettings;
  readonly #context: ConnectionContext;
  readonly #over = new AbortController();
  #openedAtMs: number | undefined;
  #heardAtMs: number;
  #socket: FeedSocket | undefined;
  #controlFrames = { sinceMs: 0, count: 0 };

  constructor(settings: FinnhubClientSettings, context: ConnectionContext) {
    this.#settings = settings;
    this.#context = context;
    this.#heardAtMs = settings.clock.monotonicMs();
  }

  /** Runs until the connection ends, for whatever reason. */
  async run(url: string, stop: AbortSignal): Promise<ConnectionOutcome> {
    const socket = this.#settings.openSocket(url, {
      opened: () => this.#opened(socket),
      received: (message) => this.#received(message, socket),
      controlled: () => this.#controlled(socket),
    });
    const goodbye = this.#sayGoodbye(socket, stop);
    const [silentMs, retrying] = [this.#watchSilence(socket), this.#retryRefused(socket)];
    const socketEnd = await socket.ended;
    const openMs = this.#openMs();
    this.#socket = undefined;
    this.#over.abort();
    this.#context.buffer.forget(socket);
    await Promise.all([goodbye, retrying]);
    const silence = await silentMs;
    if (silence !== undefined) return { end: { kind: "silent", silentMs: silence }, openMs };
    return { end: this.#isFlooded ? { kind: "flooding" } : socketEnd, openMs };
  }

  /** Sends messages if the connection is open; a later one asks for everything anyway. */
  send(messages: readonly string[]): void {
    for (const message of messages) this.#socket?.send(message);
  }

  #openMs(): number {
    if (this.#openedAtMs === undefined) return 0;
    return this.#settings.clock.monotonicMs() - this.#openedAtMs;
  }

  #heard(): void {
    this.#heardAtMs = this.#settings.clock.monotonicMs();
  }

  get #isFlooded(): boolean {
    return this.#controlFrames.count > controlFramesMax;
  }

  #controlled(socket: FeedSocket): void {
    this.#heard();
    if (this.#heardAtMs - this.#controlFrames.sinceMs >= 1_000) {
      this.#controlFrames = { sinceMs: this.#heardAtMs, count: 0 };
    }
    this.#controlFrames.count++;
    if (this.#isFlooded) socket.terminate();
  }

  #opened(socket: FeedSocket): void {
    const { clock, logger, observer } = this.#settings;
    const { subscriptions } = this.#context;
    this.#openedAtMs = clock.monotonicMs();
    this.#heard();
    this.#socket = socket;
    this.send(subscriptions.opening());
    observer.connected();
    logger.info("Connected to the feed", { symbols: subscriptions.symbols.length });
  }

  #received(received: Message, socket: FeedSocket): void {
    this.#heard();
    if (this.#settings.trace) this.#settings.logger.debug("Received", { text: received.text });
    this.#context.buffer.add(received, socket);
    const message = errorMessageOf(received.text);
    if (message === undefined) return;
    this.#settings.observer.subscriptionRefused();
    const notice = this.#context.subscriptions.refused(message);
    if (notice) this.#settings.logger.warn(notice.message, notice.fields);
  }

  /** Ends a connection that says nothing; one that is held back cannot speak. */
  async #watchSilence(socket: FeedSocket): Promise<number | undefined> {
    const { clock, silenceMs } = this.#settings;
    for (;;) {
      if (this.#context.buffer.isPaused) this.#heard();
      const silentMs = clock.monotonicMs() - this.#heardAtMs;
      if (silentMs >= silenceMs) {
        socket.terminate();
        return silentMs;
      }
      if (!await sleepUnlessAborted(clock, silenceMs - silentMs, this.#over.signal)) {
        return undefined;
      }
    }
  }

  async #retryRefused(socket: FeedSocket): Promise<void> {
    const { clock, refusedRetryMs } = this.#settings;
    while (await sleepUnlessAborted(clock, refusedRetryMs, this.#over.signal)) {
      for (const message of this.#context.subscriptions.retrying()) socket.send(message);
    }
  }

  /** A shutdown closes in good manner, but not for long. */
  async #sayGoodbye(socket: FeedSocket, stop: AbortSignal): Promise<void> {
    await fired(AbortSignal.any([stop, this.#over.signal]));
    if (this.#over.signal.aborted) return;
    if (!this.#context.buffer.isPaused) {
      socket.close();
      await sleepUnlessAborted(this.#settings.clock, goodbyeMsMax, this.#over.signal);
    }
    socket.terminate();
  }
}
