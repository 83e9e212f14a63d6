import type { Clock } from "../base/clock.ts";
import { isAborted, throwIfAborted } from "../base/errors.ts";
import type { Logger } from "../base/logger.ts";
import { encodeText } from "../streams/text.ts";
import { Directory, snapshot } from "./directory.ts";
import {
  candlesEvent,
  elsewhereEvent,
  healthEvent,
  streamedCandles,
  streamedTrades,
  symbolsEvent,
  tradesEvent,
} from "./events.ts";
import { PeerStreams } from "./peer_streams.ts";
import { FairPlaces, type PlaceLimits } from "./fair_places.ts";
import type { LiveUpdate, LiveView } from "./ports.ts";
import { StreamClient } from "./stream_client.ts";
import { type StreamUpdate, type Subscription, Viewer } from "./viewer.ts";
import type { Ask } from "./within.ts";

/** Who may listen, and how much is kept for them. */
export interface EventHubLimits {
  readonly streams: PlaceLimits;
  /** Bytes that may wait for another instance; one behind more than that is cut off. */
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

const defaultLimits: EventHubLimits = {
  streams: { total: 512, perAddress: 256 },
  queueBytesMax: 1024 * 1024,
};

/** How often readers that were not ready are looked at again, ms. */
const tickMs = 100;
/** How often the state is told, ms; it is what a client judges silence by. */
const healthMs = 2_000;
/** Pause behind a commit that was sent, at least: a hundred a second are as good as all, ms. */
const pauseMsMin = 10;
/** Sending takes at most this part of the time, until that would make it rarer than a tick … */
const usualPart = 1 / 10;
/** … and then at most this one: it makes place for everything else. */
const busyPart = 1 / 2;
/** How long a reader may take nothing, ms. A connection that died silently ends so. */
const withoutReadingMsMax = 60_000;

/** Why a wait ends early; given, as an exception would be made for each abort without a reason. */
const notNeeded = "no longer needed";

/** One reader and since when it has taken nothing. */
interface Reader {
  readonly viewer: Viewer;
  waitsSinceMs: number | undefined;
}

/**
 * Sends readers what they look at, and other instances everything.
 *
 * Events, each with a JSON object as data:
 * - `health`: as `/api/tasks`, first of all, because it says what can be asked for, then every 2 s
 * - `elsewhere`: what is heard of the partitions that other instances have, every 2 s, and when
 *   one of them is lost or found again
 * - `listing` `{partitions: {0: [...]}, version, total}`: the names of all symbols but those of the
 *   version that the client says it has, then those that are new
 * - `symbols` `{symbols: [...], latest}`: summaries of the rows looked at, then of those that changed
 * - `candles` `{candles: [{symbol, resolution, ...}]}`: windows of the symbol that changed, whole
 * - `trades` `{trades: [{symbol, ...}]}`: its latest trades in input order
 *
 * A reader states what it looks at in its address (`Subscription`). It is sent that with each
 * commit, a hundred times a second at most, and less often where sending takes long; and only when it
 * has taken all that was sent before, so what waits for a slow one gets newer instead of longer. It is
 * cut off only when it reads nothing for a minute.
 *
 * Another instance (`?scope=local`) is told every commit at once, encoded once for all of them:
 * summaries, candles and trades of every symbol. While anyone looks, theirs are followed.
 *
 * Owner: the server, which runs `run` and calls `close`.
 */
export class EventHub {
  readonly #options: EventHubOptions;
  readonly #limits: EventHubLimits;
  readonly #readers = new Map<StreamClient, Reader>();
  readonly #instances = new Set<StreamClient>();
  readonly #directory = new Directory();
  readonly #places: FairPlaces<StreamClient>;
  readonly #peers: PeerStreams;
  #unsubscribe: (() => void) | undefined;
  #closed = false;
  /** Readers have something to be sent. */
  #isNews = false;
  #wake: () => void = () => {};

  constructor(options: EventHubOptions) {
    this.#options = options;
    this.#limits = options.limits ?? defaultLimits;
    this.#places = new FairPlaces(this.#limits.streams);
    const { ask, clock } = options;
    this.#peers = new PeerStreams({
      ask,
      clock,
      watched: () => this.#watched(),
      onUpdate: (update) => this.#keep(update),
      onTurn: () => this.#tellElsewhere(),
    });
  }

  /** Clients that listen now. */
  get clientCount(): number {
    return this.#readers.size + this.#instances.size;
  }

  /**
   * The events from now on, or `undefined` when there is no room for another client of this
   * address.
   */
  connect(wanted: Subscription | "local", address: string): ReadableStream<Uint8Array> | undefined {
    if (this.#closed) return undefined;
    const client = new StreamClient(this.#limits.queueBytesMax, (gone) => {
      this.#places.leave(address, gone);
      this.#remove(gone);
    });
    const leaving = this.#places.ask(address, client);
    if (leaving === undefined) return undefined;
    for (const other of leaving) this.#cutOff(other, "made place for other addresses");
    this.#unsubscribe ??= this.#options.view.subscribe((update) => this.#committed(update));
    if (wanted === "local") this.#addInstance(client);
    else this.#addReader(client, wanted);
    return client.stream;
  }

  /** Sends what waits, with each commit, until the signal fires. */
  async run(signal: AbortSignal): Promise<void> {
    const { clock } = this.#options;
    let toldMs = clock.monotonicMs();
    signal.addEventListener("abort", () => this.#wake(), { once: true });
    try {
      for (;;) {
        const isNews = await this.#untilNews(signal);
        const startedMs = clock.monotonicMs();
        if (startedMs - toldMs >= healthMs) {
          toldMs = startedMs;
          this.#tellState();
        }
        this.#sendAll(startedMs);
        if (isNews) await clock.sleep(pauseMs(clock.monotonicMs() - startedMs), signal);
      }
    } catch (error) {
      if (!isAborted(error)) throw error;
    } finally {
      await this.#peers.close();
    }
  }

  /** @returns True where there is something new, false after a while without. */
  async #untilNews(signal: AbortSignal): Promise<boolean> {
    throwIfAborted(signal);
    if (!this.#isNews) {
      const waiting = new AbortController();
      this.#wake = () => waiting.abort(notNeeded);
      await this.#options.clock.sleep(tickMs, waiting.signal).catch(() => {});
      throwIfAborted(signal);
    }
    const isNews = this.#isNews;
    this.#isNews = false;
    return isNews;
  }

  /** Ends every client's stream. */
  close(): void {
    this.#closed = true;
    for (const client of [...this.#readers.keys(), ...this.#instances]) client.end();
  }

  #addInstance(client: StreamClient): void {
    this.#instances.add(client);
    client.begin(snapshot(this.#options.view, this.#health()));
  }

  #addReader(client: StreamClient, wanted: Subscription): void {
    const { view, clock } = this.#options;
    if (this.#readers.size === 0) this.#directory.begin(view.symbols(), clock.nowMs());
    this.#listFresh();
    const viewer = new Viewer(wanted);
    this.#readers.set(client, { viewer, waitsSinceMs: undefined });
    client.offer(encodeText(this.#health() + viewer.flush(this.#directory)));
    client.offer(this.#directory.listing(wanted.listed));
    this.#followPeers();
  }

  #remove(client: StreamClient): void {
    this.#instances.delete(client);
    this.#readers.delete(client);
    this.#followPeers();
    if (this.clientCount > 0) return;
    this.#unsubscribe?.();
    this.#unsubscribe = undefined;
  }

  #followPeers(): void {
    const isWatched = this.#readers.size > 0;
    this.#peers.follow(isWatched ? this.#options.view.partitions() : undefined);
  }

  #committed({ symbols, windows, trades }: LiveUpdate): void {
    if (this.#readers.size > 0) {
      const watched = this.#watched();
      const isWatched = ({ symbol }: { readonly symbol: string }) => watched.has(symbol);
      const candles = streamedCandles(windows.filter(isWatched));
      this.#directory.put(symbols);
      this.#keep({ symbols, candles, trades: streamedTrades(trades.filter(isWatched)) });
    }
    if (this.#instances.size === 0) return;
    this.#broadcast(
      candlesEvent(streamedCandles(windows)) + tradesEvent(streamedTrades(trades)) +
        symbolsEvent(symbols),
    );
  }

  /** The symbols that readers are sent in full. */
  #watched(): ReadonlySet<string | undefined> {
    return new Set([...this.#readers.values()].map(({ viewer }) => viewer.symbol));
  }

  /** Keeps what readers look at until they are sent it. */
  #keep(update: StreamUpdate): void {
    this.#directory.add(update.symbols);
    for (const { viewer } of this.#readers.values()) viewer.take(update);
    this.#isNews = true;
    this.#wake();
  }

  #tellState(): void {
    if (this.clientCount === 0) return;
    this.#followPeers();
    const health = this.#health();
    this.#broadcast(health);
    for (const { viewer } of this.#readers.values()) viewer.tell("health", health);
    this.#tellElsewhere();
  }

  #tellElsewhere(): void {
    const partitions = this.#options.view.partitions();
    if (partitions === undefined) return;
    const elsewhere = elsewhereEvent(this.#peers.elsewhere(partitions));
    for (const { viewer } of this.#readers.values()) viewer.tell("elsewhere", elsewhere);
  }

  #listFresh(): void {
    const fresh = this.#directory.takeFresh();
    for (const { viewer } of this.#readers.values()) viewer.list(fresh);
  }

  #health(): string {
    return healthEvent(this.#options.view, this.#options.clock.nowMs());
  }

  #sendAll(nowMs: number): void {
    if (this.clientCount === 0) return;
    this.#listFresh();
    for (const [client, reader] of this.#readers) this.#send(client, reader, nowMs);
  }

  #send(client: StreamClient, reader: Reader, nowMs: number): void {
    reader.waitsSinceMs = client.isIdle ? undefined : reader.waitsSinceMs ?? nowMs;
    const isGone = nowMs - (reader.waitsSinceMs ?? nowMs) > withoutReadingMsMax;
    if (reader.viewer.isBehind || isGone) return this.#cutOff(client);
    if (!client.isIdle) return;
    const text = reader.viewer.flush(this.#directory);
    if (text !== "") client.offer(encodeText(text));
  }

  /** Tells every other instance. */
  #broadcast(text: string): void {
    if (text === "" || this.#instances.size === 0) return;
    const chunk = encodeText(text);
    for (const client of [...this.#instances]) {
      if (!client.offer(chunk)) this.#cutOff(client);
    }
  }

  #cutOff(client: StreamClient, why = "reads too slowly"): void {
    client.end();
    this.#options.logger.warn(`A client of the live stream ${why} and was cut off`);
  }
}

/** How long readers are sent nothing more after it took so long, ms. */
function pauseMs(tookMs: number): number {
  const usualMs = Math.min(tickMs, tookMs / usualPart - tookMs);
  return Math.max(pauseMsMin, usualMs, tookMs / busyPart - tookMs);
}
