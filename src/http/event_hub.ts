import type { Clock } from "../base/clock.ts";
import { isAborted } from "../base/errors.ts";
import type { Logger } from "../base/logger.ts";
import { encodeText } from "../streams/text.ts";
import {
  candlesEvent,
  healthEvent,
  heartbeatComment,
  symbolsEvent,
  tradesEvent,
} from "./events.ts";
import type { LiveUpdate, LiveView } from "./ports.ts";
import { StreamClient } from "./stream_client.ts";

/** Who may listen, and how much is kept for them. */
export interface EventHubLimits {
  readonly clientsMax: number;
  /** Bytes that may wait for one client; a client behind more than that is cut off. */
  readonly queueBytesMax: number;
}

/** What the hub works with. */
export interface EventHubOptions {
  readonly view: LiveView;
  readonly clock: Clock;
  readonly logger: Logger;
  readonly limits?: EventHubLimits;
}

const defaultLimits: EventHubLimits = { clientsMax: 64, queueBytesMax: 1024 * 1024 };

/** How often the state is told; it is what a client judges silence by. */
const healthIntervalMs = 2_000;
/** How often a comment goes out, for proxies that close quiet connections: each 15 s. */
const healthsPerHeartbeat = Math.ceil(15_000 / healthIntervalMs);

/**
 * Sends every commit to every client of `/api/stream`, encoded once.
 *
 * Events, each with a JSON object as data:
 * - `health`: as `/api/tasks`, first of all, because it says what can be asked for, then every 2 s
 * - `symbols` `{symbols: [...]}`: all at the start, then those that changed
 * - `candles` `{candles: [{symbol, resolution, ...}]}`: windows that changed, whole
 * - `trades` `{trades: [{symbol, ...}]}`: latest trades in input order, bounded per commit
 *
 * A client that does not read is cut off; it connects again and asks for what it missed.
 *
 * Owner: the server, which runs `run` and calls `close`.
 */
export class EventHub {
  readonly #options: EventHubOptions;
  readonly #limits: EventHubLimits;
  readonly #clients = new Set<StreamClient>();
  #unsubscribe: (() => void) | undefined;
  #closed = false;

  constructor(options: EventHubOptions) {
    this.#options = options;
    this.#limits = options.limits ?? defaultLimits;
  }

  /** Clients that listen now. */
  get clientCount(): number {
    return this.#clients.size;
  }

  /** The events from now on, or `undefined` when there is no room for another client. */
  connect(): ReadableStream<Uint8Array> | undefined {
    if (this.#closed || this.#clients.size >= this.#limits.clientsMax) return undefined;
    const client = new StreamClient(this.#limits.queueBytesMax, (gone) => this.#remove(gone));
    this.#add(client);
    return client.stream;
  }

  /** Tells the state every 2 s until the signal fires. */
  async run(signal: AbortSignal): Promise<void> {
    try {
      for (let round = 1;; round++) {
        await this.#options.clock.sleep(healthIntervalMs, signal);
        if (this.#clients.size === 0) continue;
        this.#broadcast(round % healthsPerHeartbeat === 0 ? heartbeatComment : "");
        this.#broadcast(this.#health());
      }
    } catch (error) {
      if (!isAborted(error)) throw error;
    }
  }

  /** Ends every client's stream. */
  close(): void {
    this.#closed = true;
    for (const client of [...this.#clients]) {
      this.#remove(client);
      client.end();
    }
  }

  #add(client: StreamClient): void {
    this.#clients.add(client);
    this.#unsubscribe ??= this.#options.view.subscribe((update) => this.#send(update));
    const first = this.#health() + symbolsEvent(this.#options.view.symbols());
    client.offer(encodeText(first));
  }

  #remove(client: StreamClient): void {
    this.#clients.delete(client);
    if (this.#clients.size > 0) return;
    this.#unsubscribe?.();
    this.#unsubscribe = undefined;
  }

  #send(update: LiveUpdate): void {
    const { symbols, windows, trades } = update;
    this.#broadcast(candlesEvent(windows) + tradesEvent(trades) + symbolsEvent(symbols));
  }

  #health(): string {
    return healthEvent(this.#options.view, this.#options.clock.nowMs());
  }

  #broadcast(text: string): void {
    if (text === "") return;
    const chunk = encodeText(text);
    for (const client of [...this.#clients]) {
      if (!client.offer(chunk)) this.#cutOff(client);
    }
  }

  #cutOff(client: StreamClient): void {
    this.#remove(client);
    client.end();
    this.#options.logger.warn("a client of the live stream reads too slowly and was cut off", {
      queueBytesMax: this.#limits.queueBytesMax,
    });
  }
}
