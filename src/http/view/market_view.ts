import type { Clock } from "../../base/clock.ts";
import type { Logger } from "../../base/logger.ts";
import { problemOf } from "../../base/errors.ts";
import type { Candle } from "../../market/candle.ts";
import { summaryWindowMs } from "../../market/tables.ts";
import { windowRow } from "../../market/job.ts";
import type { ResultReader } from "../../market/queries.ts";
import type { MarketRow, TradeRow } from "../../market/rows.ts";
import type { Trade } from "../../market/trade.ts";
import type { Addresses } from "../../streams/ports.ts";
import { partitionForKey } from "../../streams/partitioner.ts";
import type { StreamsApp } from "../../streams/app/streams_app.ts";
import type { StandbyStatus, TaskStatus } from "../../streams/task/status.ts";
import { encodeText } from "../../streams/text.ts";
import type { Topology } from "../../streams/topology/topology.ts";
import { joinedCandles } from "./joined_candles.ts";
import type {
  CandleRange,
  FeedKind,
  FoundCandles,
  FoundTrades,
  Health,
  InputStatus,
  LiveUpdate,
  LiveView,
  Partitions,
  SymbolSummary,
} from "../ports.ts";
import { PacedWork } from "../paced_work.ts";
import { dayMs, SymbolBoard } from "./symbol_board.ts";

/** Latest trades of a symbol that one commit tells listeners about: what a page's tape shows. */
const tradesPerSymbolMax = 80;

/** Behind every window start: the last moment that a date can name, in the year 275,760. */
const endOfTimeMs = 8.64e15;

/** What is known of the input beside the tasks. */
export interface InputReport {
  readonly status: InputStatus;
  /** What stands in its way; see `Health`. */
  readonly problems: readonly string[];
  readonly notices: readonly string[];
}

/** What a market view shows. */
export interface MarketViewOptions {
  readonly application: string;
  readonly feed: FeedKind;
  readonly app: StreamsApp<Trade, Candle, MarketRow>;
  readonly topology: Topology<Trade, Candle, MarketRow>;
  readonly reader: ResultReader;
  /** Where the other instance that owns a partition answers, as far as known. */
  readonly ownerOf: (partition: number) => Addresses | undefined;
  /** Where an instance is asked, if what it says of itself can be believed. */
  readonly peerOf: (owner: Addresses | undefined) => string | undefined;
  /** Whether an instance answers at this address. */
  readonly isReachable: (address: string) => Promise<boolean>;
  readonly input: InputReport;
  readonly clock: Clock;
  readonly logger: Logger;
}

/**
 * The HTTP surface's view of a running instance: candles from its committed state, trades from
 * the sink. Shows nothing that is not committed.
 */
export class MarketView implements LiveView {
  readonly #options: MarketViewOptions;
  readonly #board: SymbolBoard;
  /** Partitions that are open here, and whether their symbols are on the board already. */
  readonly #open = new Map<number, "loading" | "loaded">();
  readonly #listeners = new Set<(update: LiveUpdate) => void>();
  #lookers = 0;
  /** Since someone looks: until the board has every symbol, and is then kept up to date. */
  #learned: Promise<void> | undefined;

  constructor(options: MarketViewOptions) {
    this.#options = options;
    const { app } = options;
    this.#board = new SymbolBoard((symbol) =>
      partitionForKey(encodeText(symbol), app.partitionCount)
    );
    app.listen({
      opened: ({ partition }) => void this.#load(partition),
      fetched() {},
      committed() {},
      rows: (_input, rows) => this.#show(rows),
      // Where symbols are many, to make rows takes a fifth of all time.
      wantsRows: () => this.#isWatched,
      failed: ({ partition }) => void this.#open.delete(partition),
      closed: ({ partition }) => void this.#open.delete(partition),
    });
  }

  get application(): string {
    return this.#options.application;
  }

  get topic(): string {
    return this.#options.topology.source.topic;
  }

  get feed(): FeedKind {
    return this.#options.feed;
  }

  async look(): Promise<Disposable> {
    using looking = new DisposableStack();
    this.#lookers += 1;
    looking.defer(() => {
      this.#lookers -= 1;
      this.#rest();
    });
    await (this.#learned ??= this.#learnAll());
    return looking.move();
  }

  eachSymbol(): Iterable<SymbolSummary> {
    return this.#board.each();
  }

  symbol(name: string): SymbolSummary | undefined {
    if (this.#learned === undefined) this.#learn(name);
    return this.#board.summary(name);
  }

  partitions(): Partitions | undefined {
    const { app, ownerOf, peerOf } = this.#options;
    const all = Array.from({ length: app.partitionCount }, (_, partition) => partition);
    if (all.length === 0) return undefined;
    const isOwn = (partition: number) => this.#open.get(partition) === "loaded";
    const others = all.filter((partition) => !isOwn(partition));
    return {
      own: all.filter(isOwn),
      others: new Map(others.map((partition) => [partition, peerOf(ownerOf(partition))])),
    };
  }

  async candles(symbol: string, range: CandleRange): Promise<FoundCandles | undefined> {
    const { app, reader } = this.#options;
    const { fromMs = 0, toMs = endOfTimeMs, limit, sizeMs } = range;
    const found = await joinedCandles({ fromMs, toMs: Math.min(toMs, endOfTimeMs), limit }, {
      state: async (query) => {
        const windows = await app.windows(symbol, { ...query, sizeMs }) ?? [];
        return windows.map((window) => windowRow(window)).reverse();
      },
      kept: (query) => reader.candles(symbol, sizeMs, query),
      place: reader.place,
    });
    const isEmpty = found.rows.length === 0 && found.restToMs === undefined;
    return isEmpty && !await this.#isKnown(symbol) ? undefined : found;
  }

  async trades(symbol: string, limit: number): Promise<FoundTrades | undefined> {
    const { reader } = this.#options;
    const rows = await reader.trades(symbol, limit);
    if (rows.length === 0 && !await this.#isKnown(symbol)) return undefined;
    return { from: reader.place, rows };
  }

  async ownerOf(symbol: string): Promise<string | undefined> {
    const { app, isReachable, peerOf } = this.#options;
    const owner = peerOf(app.ownerOf(symbol));
    return owner !== undefined && await isReachable(owner) ? owner : undefined;
  }

  tasks(): readonly TaskStatus[] {
    return this.#options.app.tasks;
  }

  standbys(): readonly StandbyStatus[] {
    return this.#options.app.standbys;
  }

  health(): Health {
    const { app, input } = this.#options;
    const problems = [...input.problems];
    if (!app.joined) problems.push(app.joinProblem ?? "has not joined its group yet");
    for (const { partition, state, problem } of app.tasks) {
      if (problem !== undefined) problems.push(`task ${partition}: ${problem}`);
      else if (state !== "running") problems.push(`task ${partition} is ${state}`);
    }
    return { ready: problems.length === 0, problems, notices: input.notices };
  }

  input(): InputStatus {
    return this.#options.input.status;
  }

  subscribe(listener: (update: LiveUpdate) => void): () => void {
    this.#listeners.add(listener);
    return () => {
      this.#listeners.delete(listener);
      this.#rest();
    };
  }

  async #isKnown(symbol: string): Promise<boolean> {
    if (this.symbol(symbol) !== undefined) return true;
    const everything = { fromMs: 0, toMs: endOfTimeMs, limit: 1 };
    const { rows } = await this.#options.reader.candles(symbol, summaryWindowMs, everything);
    return rows.length > 0;
  }

  get #isWatched(): boolean {
    return this.#lookers > 0 || this.#listeners.size > 0;
  }

  /** Keeps nothing for no one: the state has it. */
  #rest(): void {
    if (this.#isWatched) return;
    this.#learned = undefined;
    this.#board.clear();
  }

  /** Learns what a newly opened task holds, and publishes it, if anyone looks. */
  async #load(partition: number): Promise<void> {
    this.#open.set(partition, this.#isWatched ? "loading" : "loaded");
    if (!this.#isWatched) return;
    const names = await this.#learnPartition(partition);
    if (names === undefined) return;
    if (this.#open.has(partition)) this.#open.set(partition, "loaded");
    const symbols = this.#summaries(names);
    this.#tell({ trades: [], windows: [], symbols, added: symbols });
  }

  /** One partition after the other: at the same time they would keep the event loop as one. */
  async #learnAll(): Promise<void> {
    for (const partition of [...this.#open.keys()]) await this.#learnPartition(partition);
  }

  /** @returns Its symbols; `undefined` where they cannot be read, which is said. */
  async #learnPartition(partition: number): Promise<string[] | undefined> {
    const { app, clock, logger } = this.#options;
    try {
      const names = (await app.keys(partition)).map(({ key }) => key);
      const work = new PacedWork(clock);
      for (const name of names) {
        this.#learn(name);
        if (work.isOver) await work.pause();
      }
      return names;
    } catch (error) {
      logger.warn("cannot show what the state holds", { partition, ...problemOf(error) });
      return undefined;
    }
  }

  /** Puts on the board what the state has of a symbol. */
  #learn(symbol: string): void {
    const { streamTimeMs, windows = [] } = this.#options.app.openWindows(symbol) ?? {};
    const newest = (sizeMs: number) =>
      windows.findLast(({ startMs, endMs }) => endMs - startMs === sizeMs);
    // A day whose beginning the input has lost has no candle.
    const window = newest(dayMs) ?? newest(summaryWindowMs);
    if (window !== undefined) this.#board.window(windowRow(window), streamTimeMs);
  }

  #show(rows: readonly MarketRow[]): void {
    if (rows.length === 0) return;
    const trades = rows.filter((row) => row.kind === "trade");
    const windows = rows.filter((row) => row.kind === "window");
    const names = new Set(rows.map(({ symbol }) => symbol));
    const added = [...names].filter((symbol) => this.#board.summary(symbol) === undefined);
    for (const trade of trades) this.#board.trade(trade);
    for (const window of windows) this.#board.window(window);
    if (this.#listeners.size === 0) return;
    this.#tell({
      trades: latestPerSymbol(trades),
      windows,
      symbols: this.#summaries(names),
      added: this.#summaries(added),
    });
  }

  #summaries(symbols: Iterable<string>): SymbolSummary[] {
    return [...symbols].flatMap((symbol) => this.#board.summary(symbol) ?? []);
  }

  #tell(update: LiveUpdate): void {
    for (const listener of this.#listeners) listener(update);
  }
}

/** The last trades of each symbol, in their order. */
function latestPerSymbol(trades: readonly TradeRow[]): TradeRow[] {
  const seen = new Map<string, number>();
  return trades.toReversed().filter(({ symbol }) => {
    const count = (seen.get(symbol) ?? 0) + 1;
    seen.set(symbol, count);
    return count <= tradesPerSymbolMax;
  }).reverse();
}
