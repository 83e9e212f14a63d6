import type { Clock } from "../base/clock.ts";
import { isAborted } from "../base/errors.ts";
import type { Logger } from "../base/logger.ts";
import { encodeText } from "../streams/text.ts";
import {
  candlesEvent,
  elsewhereEvent,
  healthEvent,
  heartbeatComment,
  symbolsEvent,
  tradesEvent,
} from "./events.ts";
import { PeerStreams } from "./peer_streams.ts";
import { addressesOf, allSymbols, localSymbols } from "./peers.ts";
import type { LiveUpdate, LiveView } from "./ports.ts";
import type { Scope } from "./scope.ts";
import { StreamClient } from "./stream_client.ts";
import type { Ask } from "./within.ts";

/** Who may listen, and how much is kept for them. */
export interface EventHubLimits {
  readonly clientsMax: number;
  /** Bytes that may wait for one client; a client behind more than that is cut off. */
  readonly queueBytesMax: number;
}

/** What the hub works with. */
export interface EventHubOptions {
  readonly view: LiveView;
  /** The way to the other instances. */
  readonly ask: Ask;
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
 * - `elsewhere`: what is heard of the partitions that other instances have, every 2 s, and when
 *   one of them is lost or comes back
 * - `symbols` `{symbols: [...]}`: all at the start, then those that changed
 * - `candles` `{candles: [{symbol, resolution, ...}]}`: windows that changed, whole
 * - `trades` `{trades: [{symbol, ...}]}`: latest trades in input order, bounded per commit
 *
 * What other instances commit is passed on as it comes: while anybody listens, their streams are
 * followed, with `?scope=local`. A client of that scope is told of nothing but this instance.
 *
 * A client that does not read is cut off; it connects again and asks for what it missed.
 *
 * Owner: the server, which runs `run` and calls `close`.
 */
export class EventHub {
  readonly #options: EventHubOptions;
  readonly #limits: EventHubLimits;
  readonly #clients = new Map<StreamClient, Scope>();
  readonly #peers: PeerStreams;
  #unsubscribe: (() => void) | undefined;
  #closed = false;

  constructor(options: EventHubOptions) {
    this.#options = options;
    this.#limits = options.limits ?? defaultLimits;
    const { ask, clock } = options;
    this.#peers = new PeerStreams({
      ask,
      clock,
      onEvent: (text) => this.#broadcast(text, "all"),
      onTurn: () => this.#broadcast(this.#elsewhere(), "all"),
    });
  }

  /** Clients that listen now. */
  get clientCount(): number {
    return this.#clients.size;
  }

  /** The events from now on, or `undefined` when there is no room for another client. */
  connect(scope: Scope = "all"): ReadableStream<Uint8Array> | undefined {
    if (this.#closed || this.#clients.size >= this.#limits.clientsMax) return undefined;
    const client = new StreamClient(this.#limits.queueBytesMax, (gone) => this.#remove(gone));
    this.#add(client, scope);
    return client.stream;
  }

  /** Tells the state every 2 s until the signal fires. */
  async run(signal: AbortSignal): Promise<void> {
    try {
      for (let round = 1;; round++) {
        await this.#options.clock.sleep(healthIntervalMs, signal);
        if (this.#clients.size === 0) continue;
        this.#followPeers();
        this.#broadcast(round % healthsPerHeartbeat === 0 ? heartbeatComment : "");
        this.#broadcast(this.#health());
        this.#broadcast(this.#elsewhere(), "all");
      }
    } catch (error) {
      if (!isAborted(error)) throw error;
    } finally {
      await this.#peers.close();
    }
  }

  /** Ends every client's stream. */
  close(): void {
    this.#closed = true;
    for (const client of [...this.#clients.keys()]) {
      this.#remove(client);
      client.end();
    }
  }

  #add(client: StreamClient, scope: Scope): void {
    const { view } = this.#options;
    this.#clients.set(client, scope);
    this.#unsubscribe ??= view.subscribe((update) => this.#send(update));
    const symbols = scope === "local" ? localSymbols(view).symbols : view.symbols();
    client.offer(encodeText(this.#health() + symbolsEvent(symbols)));
    if (scope === "local" || addressesOf(view.partitions()).size === 0) return;
    this.#followPeers();
    void this.#tellAllSymbols(client);
  }

  /** The streams that are followed already have told theirs. */
  async #tellAllSymbols(client: StreamClient): Promise<void> {
    const all = await allSymbols(this.#options.view, this.#options);
    if (all === undefined || !this.#clients.has(client)) return;
    client.offer(encodeText(symbolsEvent(all.symbols)));
  }

  #remove(client: StreamClient): void {
    this.#clients.delete(client);
    this.#followPeers();
    if (this.#clients.size > 0) return;
    this.#unsubscribe?.();
    this.#unsubscribe = undefined;
  }

  #followPeers(): void {
    const isWatched = [...this.#clients.values()].includes("all");
    this.#peers.follow(isWatched ? this.#options.view.partitions() : undefined);
  }

  #send(update: LiveUpdate): void {
    const { symbols, windows, trades } = update;
    this.#broadcast(candlesEvent(windows) + tradesEvent(trades) + symbolsEvent(symbols));
  }

  #health(): string {
    return healthEvent(this.#options.view, this.#options.clock.nowMs());
  }

  #elsewhere(): string {
    const partitions = this.#options.view.partitions();
    return partitions === undefined ? "" : elsewhereEvent(this.#peers.elsewhere(partitions));
  }

  /** @param scope `all` for what only clients of that scope are told. */
  #broadcast(text: string, scope?: "all"): void {
    if (text === "") return;
    const chunk = encodeText(text);
    for (const [client, wanted] of [...this.#clients]) {
      if (scope !== undefined && wanted !== scope) continue;
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
