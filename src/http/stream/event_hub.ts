import type { Clock } from "../../base/clock.ts";
import { isAborted, throwIfAborted } from "../../base/errors.ts";
import type { Logger } from "../../base/logger.ts";
import { encodeText } from "../../streams/text.ts";
import { Directory, ownSymbols } from "./directory.ts";
import {
  elsewhereEvent,
  healthEvent,
  latestEvent,
  listingEvent,
  streamedCandles,
  streamedTrades,
} from "../events.ts";
import { PeerStreams } from "../peers/peer_streams.ts";
import type { PeerUpdate } from "../peers/peer_stream.ts";
import { FairPlaces, type PlaceLimits } from "../admission/fair_places.ts";
import { PacedWork } from "../paced_work.ts";
import type { LiveUpdate, LiveView, SymbolSummary } from "../ports.ts";
import type { Scope } from "../scope.ts";
import { StreamClient } from "./stream_client.ts";
import { type StreamUpdate, type Subscription, type Summaries, Viewer } from "../viewer.ts";
import type { Ask } from "../within.ts";

/** What the hub works with. */
export interface EventHubOptions {
  readonly view: LiveView;
  /** The way to the other instances. */
  readonly ask: Ask;
  readonly clock: Clock;
  readonly logger: Logger;
  /** How many may listen. */
  readonly places?: PlaceLimits;
}

const defaultPlaces: PlaceLimits = { total: 512, perAddress: 256 };

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
 * Sends readers what they look at.
 *
 * Events, each with a JSON object as data:
 * - `health`: as `/api/tasks`, first of all, because it says what can be asked for, then every 2 s
 * - `elsewhere`: what is heard of the partitions that other instances have, every 2 s, and when
 *   one of them is lost or found again
 * - `listing` `{partitions: {0: [...]}, version, total}`: the names of all symbols but those of the
 *   version that the client says it has, then those that are new
 * - `symbols` `{symbols: [...], latest}`: summaries of the rows looked at, then of those that changed
 * - `candles` `{candles: [{symbol, resolution, ...}]}`: windows of the symbols that changed, whole
 * - `trades` `{trades: [{symbol, ...}]}`: their latest trades in input order
 *
 * A reader states what it looks at in its address (`Subscription`). It is sent that with each
 * commit, a hundred times a second at most, and less often where sending takes long; and only when it
 * has taken all that was sent before, so what waits for a slow one gets newer instead of longer. It is
 * cut off only when it reads nothing for a minute.
 *
 * Another instance (`?scope=local`) is a reader of what is committed here: it looks at what its own
 * readers look at. While anyone looks, others are followed so.
 *
 * Owner: the server, which runs `run` and calls `close`.
 */
export class EventHub {
  readonly #options: EventHubOptions;
  readonly #readers = new Map<StreamClient, Reader>();
  readonly #instances = new Map<StreamClient, Reader>();
  readonly #directory = new Directory();
  readonly #places: FairPlaces<StreamClient>;
  readonly #peers: PeerStreams;
  /** Names the list of the symbols here, apart from that of another run. */
  readonly #version: string;
  #unsubscribe: (() => void) | undefined;
  /** Until the directory has what is known here; since the first reader came. */
  #filled: Promise<void> | undefined;
  /** Readers that wait for it. */
  #joining = 0;
  #closed = false;
  /** Readers have something to be sent. */
  #isNews = false;
  #wake: () => void = () => {};
  /** Event time of the latest trade that was committed here while anyone listened, epoch ms. */
  #latestMs = 0;

  constructor(options: EventHubOptions) {
    this.#options = options;
    this.#places = new FairPlaces(options.places ?? defaultPlaces);
    const { ask, clock } = options;
    this.#version = String(clock.nowMs());
    this.#peers = new PeerStreams({
      ask,
      clock,
      onUpdate: (update) => this.#heard(update),
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
  async connect(
    wanted: Subscription,
    { scope, address }: { readonly scope: Scope; readonly address: string },
  ): Promise<ReadableStream<Uint8Array> | undefined> {
    if (this.#closed) return undefined;
    const client = new StreamClient((gone) => {
      this.#places.leave(address, gone);
      this.#remove(gone);
    });
    const leaving = this.#places.ask(address, client);
    if (leaving === undefined) return undefined;
    for (const other of leaving) this.#cutOff(other, "gave its place to other addresses");
    this.#unsubscribe ??= this.#options.view.subscribe((update) => this.#committed(update));
    if (scope === "local") this.#addInstance(client, wanted);
    else await this.#addReader(client, wanted);
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
    for (const client of [...this.#readers.keys(), ...this.#instances.keys()]) client.end();
  }

  #addInstance(client: StreamClient, wanted: Subscription): void {
    const viewer = new Viewer(wanted);
    this.#instances.set(client, { viewer, waitsSinceMs: undefined });
    client.offer(encodeText(this.#health() + viewer.flush(this.#own())));
    if (wanted.listed === this.#version) return;
    const told = wanted.rows === "all" ? "summaries" : "names";
    client.follow(ownSymbols(this.#options.view, told, this.#version));
  }

  async #addReader(client: StreamClient, wanted: Subscription): Promise<void> {
    this.#joining += 1;
    try {
      await (this.#filled ??= this.#fill());
    } finally {
      this.#joining -= 1;
    }
    // Meanwhile it may have made place for another one.
    if (this.#closed) client.end();
    if (client.hasEnded) return this.#remove(client);
    this.#listFresh();
    const viewer = new Viewer(wanted);
    this.#readers.set(client, { viewer, waitsSinceMs: undefined });
    client.offer(encodeText(this.#health() + viewer.flush(this.#directory)));
    client.offer(this.#directory.listing(wanted.listed));
    this.#followPeers();
  }

  /** What is committed meanwhile is put beside, and is newer. */
  async #fill(): Promise<void> {
    const { view, clock } = this.#options;
    this.#directory.begin(clock.nowMs());
    const work = new PacedWork(clock);
    for (const summary of view.eachSymbol()) {
      this.#directory.put([summary]);
      if (work.isOver) await work.pause();
    }
  }

  #remove(client: StreamClient): void {
    this.#instances.delete(client);
    this.#readers.delete(client);
    this.#followPeers();
    if (!this.#isRead) this.#filled = undefined;
    if (this.#isRead || this.#instances.size > 0) return;
    this.#unsubscribe?.();
    this.#unsubscribe = undefined;
  }

  /** Someone reads, or is about to, so that the directory must be true. */
  get #isRead(): boolean {
    return this.#readers.size + this.#joining > 0;
  }

  #followPeers(): void {
    const viewers = [...this.#readers.values()].map(({ viewer }) => viewer);
    const partitions = viewers.length > 0 ? this.#options.view.partitions() : undefined;
    this.#peers.follow(partitions, {
      symbols: new Set(viewers.flatMap(({ symbols }) => [...symbols])),
      rows: new Set(viewers.flatMap(({ rows }) => rows === "all" ? [] : [...rows])),
    });
  }

  /** The symbols of the partitions that are open here. */
  #own(): Summaries {
    const { view } = this.#options;
    const own = new Set(view.partitions()?.own);
    return {
      latestMs: this.#latestMs,
      summary(name) {
        const summary = view.symbol(name);
        return summary !== undefined && own.has(summary.partition) ? summary : undefined;
      },
    };
  }

  #committed({ symbols, windows, trades, added }: LiveUpdate): void {
    const all = [...this.#readers.values(), ...this.#instances.values()];
    const watched = new Set(all.flatMap(({ viewer }) => [...viewer.symbols]));
    const isWatched = ({ symbol }: { readonly symbol: string }) => watched.has(symbol);
    const update = {
      symbols,
      candles: streamedCandles(windows.filter(isWatched)),
      trades: streamedTrades(trades.filter(isWatched)),
    };
    if (this.#isRead) this.#directory.put(symbols);
    if (this.#instances.size > 0) this.#tellInstances(symbols, added);
    this.#keep(update, all);
  }

  #tellInstances(symbols: readonly SymbolSummary[], added: readonly SymbolSummary[]): void {
    for (const { time } of symbols) this.#latestMs = Math.max(this.#latestMs, time);
    if (added.length === 0) return;
    const fresh = listingEvent(added, {});
    for (const { viewer } of this.#instances.values()) viewer.list(fresh);
  }

  /** Takes what another instance says; that is for readers here, and for no third one. */
  #heard({ listed, latestMs, ...update }: PeerUpdate): void {
    this.#directory.list(listed);
    this.#directory.latest(latestMs);
    this.#directory.add(update.symbols);
    this.#keep(update, this.#readers.values());
  }

  /** Keeps what readers look at until they are sent it. */
  #keep(update: StreamUpdate, readers: Iterable<Reader>): void {
    for (const { viewer } of readers) viewer.take(update);
    this.#isNews = true;
    this.#wake();
  }

  #tellState(): void {
    if (this.clientCount === 0) return;
    this.#followPeers();
    const health = this.#health();
    for (const { viewer } of [...this.#readers.values(), ...this.#instances.values()]) {
      viewer.tell("health", health);
    }
    const latest = latestEvent(this.#latestMs);
    for (const { viewer } of this.#instances.values()) viewer.tell("latest", latest);
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
    for (const entry of this.#readers) this.#send(entry, this.#directory, nowMs);
    const own = this.#own();
    for (const entry of this.#instances) this.#send(entry, own, nowMs);
  }

  #send([client, reader]: [StreamClient, Reader], known: Summaries, nowMs: number): void {
    reader.waitsSinceMs = client.isIdle ? undefined : reader.waitsSinceMs ?? nowMs;
    const isGone = nowMs - (reader.waitsSinceMs ?? nowMs) > withoutReadingMsMax;
    if (reader.viewer.isBehind || isGone) return this.#cutOff(client);
    if (!client.isIdle) return;
    const text = reader.viewer.flush(known);
    if (text !== "") client.offer(encodeText(text));
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
