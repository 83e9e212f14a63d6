import { isAborted } from "../../base/errors.ts";
import { symbolFault } from "../../base/symbol.ts";
import { candle, summary, trade } from "../answer_schemas.ts";
import type { ListedSymbol, StreamedCandle, StreamedTrade } from "../events.ts";
import { fitting } from "./fitting.ts";
import { PeerConnection, type PeerConnectionOptions } from "./peer_connection.ts";
import { type Look, lookQuery, serves } from "./peer_look.ts";
import { aheadMsMax, isPossible, localPath } from "./all_symbols.ts";
import type { SymbolSummary } from "../ports.ts";
import { count, list, nullable, object, type Schema, text, time } from "../schema.ts";
import type { StreamUpdate } from "../viewer.ts";

const retryMs = 2_000;

/** Longest name of a list that is kept, characters. */
const versionCharsMax = 40;

const eventForm = /^event: (health|listing|symbols|candles|trades)\ndata: ([^\n]*)$/;

/** What counts of another instance's `health` event. */
interface PeerHealth {
  readonly now: number;
  readonly tasks: readonly {
    readonly partition: number;
    readonly state: string;
    readonly last_commit: number | null;
  }[];
}

const healthHeard = object<PeerHealth>({
  now: time("its clock"),
  tasks: list(object<PeerHealth["tasks"][number]>({
    partition: count(),
    state: text(),
    last_commit: nullable(time("by its clock")),
  })),
});

const listedSymbol = object<ListedSymbol>({ symbol: text(), partition: count() });
const streamedCandle = withMembers(candle, { symbol: text(), resolution: text() });
const streamedTrade = withMembers(trade, { symbol: text() });

/** An object's schema with more members. */
function withMembers({ properties, ...schema }: Schema, more: Readonly<Record<string, Schema>>) {
  return { ...schema, properties: { ...Object(properties), ...more } };
}

/** What another instance said last. */
export interface Heard {
  /** Partitions that it works on. */
  readonly partitions: readonly number[];
  /** When it committed last, by the clock of this instance, epoch ms. */
  readonly lastCommitMs: number | undefined;
}

/** What another instance tells. */
export interface PeerUpdate extends StreamUpdate {
  /** Symbols that it has, with nothing of them but their names. */
  readonly listed: readonly ListedSymbol[];
  /** Event time of its latest trade, epoch ms; 0 where it does not say. */
  readonly latestMs: number;
}

const noUpdate: PeerUpdate = { candles: [], trades: [], symbols: [], listed: [], latestMs: 0 };

/** What a follower works with. */
export interface PeerStreamOptions extends Omit<PeerConnectionOptions, "onEvent"> {
  readonly onUpdate: (update: PeerUpdate) => void;
  /** An instance is heard for the first time, or is lost, or comes back. */
  readonly onTurn: () => void;
}

/** A connection and what it was asked for. */
interface Asked {
  readonly look: Look;
  readonly connection: PeerConnection;
}

/**
 * Follows the stream of one other instance, through every interruption, until it is stopped.
 *
 * What the stream carries stands in its address, so another is opened when readers look at more;
 * the one before ends when the other speaks, and nothing is missed between them. Candles and trades
 * may so come twice.
 *
 * Owner: `PeerStreams`.
 */
export class PeerStream {
  readonly #address: string;
  readonly #options: PeerStreamOptions;
  readonly #stop = new AbortController();
  readonly #running: Promise<void>;
  #wanted: Look;
  #current: Asked;
  /** What is to take its place, until it speaks. */
  #next: Asked | undefined;
  /** Names the list of names that has come as a whole; "" before. */
  #listed = "";
  #heard: Heard | "not yet" | "lost" = "not yet";

  constructor(address: string, look: Look, options: PeerStreamOptions) {
    this.#address = address;
    this.#options = options;
    this.#wanted = look;
    this.#current = this.#connect();
    this.#running = this.#run();
  }

  /** What it says; `lost` when it does not answer, `not yet` before the first attempt has ended. */
  get heard(): Heard | "not yet" | "lost" {
    return this.#heard;
  }

  /** Says what is to be asked for from now on. */
  look(wanted: Look): void {
    this.#wanted = wanted;
    this.#settle();
  }

  /** Opens another connection where the one that is heard does not serve. */
  #settle(): void {
    const isHeard = typeof this.#heard === "object";
    if (!isHeard || this.#next !== undefined || serves(this.#current.look, this.#wanted)) return;
    const next = this.#next = this.#connect();
    void next.connection.ended.then(() => {
      if (this.#next === next) this.#next = undefined; // asked again with the next look
    });
  }

  /** Resolves when nothing of it runs any more. */
  async stop(): Promise<void> {
    this.#stop.abort();
    this.#current.connection.end();
    this.#next?.connection.end();
    await this.#running;
  }

  async #run(): Promise<void> {
    const { signal } = this.#stop;
    try {
      while (!signal.aborted) {
        const current = this.#current;
        await current.connection.ended;
        if (this.#current !== current) continue;
        await this.#lose();
        this.#current = this.#connect();
      }
    } catch (error) {
      if (!isAborted(error)) throw error;
    }
    await Promise.all([this.#current.connection.ended, this.#next?.connection.ended]);
  }

  async #lose(): Promise<void> {
    this.#next?.connection.end();
    this.#next = undefined;
    this.#listed = "";
    this.#hear("lost");
    await this.#options.clock.sleep(retryMs, this.#stop.signal);
  }

  #connect(): Asked {
    const look = this.#wanted;
    const listed = this.#listed === "" ? "" : `&listed=${encodeURIComponent(this.#listed)}`;
    const url = localPath(this.#address, "/api/stream") + listed + lookQuery(look);
    const asked: Asked = {
      look,
      connection: new PeerConnection(url, {
        ...this.#options,
        onEvent: (event) => this.#take(asked, event),
      }),
    };
    return asked;
  }

  #take(asked: Asked, event: string): void {
    if (asked === this.#next) this.#turnTo(asked);
    if (asked !== this.#current) return;
    const [, name, data] = eventForm.exec(event) ?? [];
    if (name === undefined || data === undefined) return;
    const body: unknown = JSON.parse(data);
    if (name === "health") this.#hearHealth(body);
    else this.#options.onUpdate(this.#readUpdate(name, body));
  }

  #turnTo(next: Asked): void {
    this.#current.connection.end();
    this.#current = next;
    this.#next = undefined;
    this.#settle();
  }

  #hear(heard: Heard | "lost"): void {
    const isTurn = typeof heard !== typeof this.#heard || this.#heard === "not yet";
    this.#heard = heard;
    if (isTurn && !this.#stop.signal.aborted) this.#options.onTurn();
    this.#settle();
  }

  #hearHealth(body: unknown): void {
    const health = fitting<PeerHealth>(healthHeard, body);
    if (health !== undefined) this.#hear(this.#readHealth(health));
  }

  #readHealth({ now, tasks }: PeerHealth): Heard {
    const commits = tasks.flatMap(({ last_commit }) => last_commit ?? []);
    const working = tasks.filter(({ state }) => state === "running");
    return {
      partitions: working.map(({ partition }) => partition),
      lastCommitMs: commits.length === 0
        ? undefined
        : this.#options.clock.nowMs() - (now - Math.max(...commits)),
    };
  }

  #readUpdate(name: string, body: unknown): PeerUpdate {
    const told = Object(body)[name];
    const items: readonly unknown[] = Array.isArray(told) ? told : [];
    const isWatched = (item: unknown) => this.#wanted.symbols.has(Object(item).symbol);
    switch (name) {
      case "candles": {
        const candles = fittingOf<StreamedCandle>(streamedCandle, items.filter(isWatched));
        return { ...noUpdate, candles };
      }
      case "trades": {
        const trades = fittingOf<StreamedTrade>(streamedTrade, items.filter(isWatched));
        return { ...noUpdate, trades };
      }
      case "listing":
        return { ...noUpdate, listed: this.#readListing(Object(body)) };
      default:
        return { ...noUpdate, ...this.#readSymbols(items, Object(body).latest) };
    }
  }

  #readSymbols(
    items: readonly unknown[],
    latest: unknown,
  ): Pick<PeerUpdate, "symbols" | "latestMs"> {
    const nowMs = this.#options.clock.nowMs();
    const symbols = fittingOf<SymbolSummary>(summary, items);
    const latestMs = fitting<number>(time("of a trade"), latest) ?? 0;
    return {
      symbols: symbols.filter((told) => isPossible(told, nowMs)),
      latestMs: latestMs <= nowMs + aheadMsMax ? latestMs : 0,
    };
  }

  #readListing({ partitions, version }: Readonly<Record<string, unknown>>): ListedSymbol[] {
    if (isVersion(version)) this.#listed = version;
    const all = Object.entries(Object(partitions)).flatMap(([partition, names]) =>
      Array.isArray(names) ? names.map((symbol) => ({ symbol, partition: Number(partition) })) : []
    );
    const isName = ({ symbol }: ListedSymbol) => symbolFault(symbol) === undefined;
    return fittingOf<ListedSymbol>(listedSymbol, all).filter(isName);
  }
}

/** True for what can stand in an address: half of a surrogate pair cannot. */
function isVersion(value: unknown): value is string {
  return typeof value === "string" && value.length <= versionCharsMax && value.isWellFormed();
}

/** What fits of a list; the rest is passed over. */
function fittingOf<T>(schema: Schema, items: readonly unknown[]): T[] {
  return items.flatMap((item) => fitting<T>(schema, item) ?? []);
}
