import { type Random, seededRandom } from "../../src/base/random.ts";
import {
  type CandleRange,
  type FeedKind,
  type FoundCandles,
  type FoundTrades,
  type Health,
  type InputStatus,
  type LiveUpdate,
  type LiveView,
  noInput,
  type Partitions,
  type SymbolSummary,
} from "../../src/http/ports.ts";
import { candlePage } from "../../src/market/queries.ts";
import type { TradeRow, WindowRow } from "../../src/market/rows.ts";
import { summaryWindowMs as windowMs } from "../../src/market/tables.ts";
import type { StandbyStatus, TaskStatus } from "../../src/streams/task/status.ts";

const tradesKeptMax = 1_000;

/** Prices at which the simulated symbols start; one of them needs encoding in a URL. */
export const fakePrices: Readonly<Record<string, number>> = {
  "AAPL": 487.75,
  "BINANCE:BTCUSDT": 67_120.5,
  "OANDA:EUR_USD": 1.08514,
  "IC MARKETS:1": 12.3,
};

/** How a fake view begins. */
export interface FakeLiveViewOptions {
  readonly prices?: Readonly<Record<string, number>>;
  readonly feed?: FeedKind;
  /** Event time at which the market opens, epoch ms; default a morning in October 2013. */
  readonly startMs?: number;
  readonly seed?: number;
  /** Where all its symbols are. */
  readonly partition?: number;
}

/** A small market of its own behind the `LiveView` port; `commit` is one second of it. */
export class FakeLiveView implements LiveView {
  readonly application = "market";
  readonly topic = "trade1";
  readonly feed: FeedKind;
  /** What `health` says; tests assign it. */
  readiness: Health = { ready: true, problems: [] };
  /** What `input` says; tests assign it. */
  inputStatus: InputStatus = noInput;
  /** What `candles` and `trades` fail with, when set. */
  failure: unknown;
  /** What `partitions` says; its own only, until a test assigns others. */
  layout: Partitions | undefined;
  /** Symbols that other instances own, with their addresses. */
  readonly owners: Map<string, string> = new Map();
  /** What `standbys` says. */
  standbyStatuses: readonly StandbyStatus[] = [];
  /** What `tasks` says; one running task until a test assigns others. */
  statuses: readonly TaskStatus[];
  readonly #random: Random;
  readonly #markets: ReadonlyMap<string, Market>;
  readonly #listeners = new Set<(update: LiveUpdate) => void>();
  #nowMs: number;

  constructor(options: FakeLiveViewOptions = {}) {
    this.feed = options.feed ?? "simulated";
    this.#nowMs = options.startMs ?? Date.UTC(2013, 9, 7, 13, 30);
    this.#random = seededRandom(options.seed ?? 1);
    const prices = Object.entries(options.prices ?? fakePrices);
    const { partition = 0 } = options;
    this.#markets = new Map(
      prices.map(([symbol, price]) => [symbol, new Market(symbol, partition, price)]),
    );
    this.statuses = [fakeTask({ partition })];
    this.layout = { own: [partition], others: new Map() };
  }

  /** How many listen now. */
  get listenerCount(): number {
    return this.#listeners.size;
  }

  /** Trades of one second, committed at `atMs` (wall clock, epoch ms). */
  commit(atMs: number = this.#nowMs): LiveUpdate {
    this.#nowMs += 1_000;
    const trades: TradeRow[] = [];
    const before = new Set(this.symbols().map(({ symbol }) => symbol));
    for (const market of this.#markets.values()) {
      const count = Math.floor(this.#random.next() * 4);
      for (let i = 0; i < count; i++) {
        const tradeTimeMs = this.#nowMs + Math.floor(this.#random.next() * 1_000);
        trades.push(market.trade(tradeTimeMs, this.#random));
      }
    }
    this.statuses = this.statuses.map((task) => advanced(task, trades.length, atMs));
    const update = this.#updateOf(trades, before);
    for (const listener of this.#listeners) listener(update);
    return update;
  }

  symbols(): SymbolSummary[] {
    return [...this.#markets.values()].flatMap((market) => market.summary() ?? []);
  }

  look(): Promise<Disposable> {
    return Promise.resolve(new DisposableStack());
  }

  eachSymbol(): Iterable<SymbolSummary> {
    return this.symbols();
  }

  symbol(name: string): SymbolSummary | undefined {
    return this.#markets.get(name)?.summary();
  }

  partitions(): Partitions | undefined {
    return this.layout;
  }

  candles(symbol: string, range: CandleRange): Promise<FoundCandles | undefined> {
    if (this.failure !== undefined) return Promise.reject(this.failure);
    const { fromMs = 0, toMs = Infinity, limit, sizeMs } = range;
    const windows = this.#markets.get(symbol)?.windows(Infinity, sizeMs);
    if (windows === undefined) return Promise.resolve(undefined);
    const inRange = windows.filter(({ startMs }) => startMs >= fromMs && startMs < toMs);
    const rows = inRange.reverse().slice(0, limit);
    const parts = rows.length === 0 ? [] : [{ from: "state" as const, count: rows.length }];
    return Promise.resolve({ ...candlePage(rows, { fromMs, limit }), parts });
  }

  trades(symbol: string, limit: number): Promise<FoundTrades | undefined> {
    if (this.failure !== undefined) return Promise.reject(this.failure);
    const rows = this.#markets.get(symbol)?.latest(limit);
    return Promise.resolve(rows && { from: "cassandra", rows });
  }

  ownerOf(symbol: string): Promise<string | undefined> {
    return Promise.resolve(this.owners.get(symbol));
  }

  standbys(): readonly StandbyStatus[] {
    return this.standbyStatuses;
  }

  tasks(): readonly TaskStatus[] {
    return this.statuses;
  }

  health(): Health {
    return this.readiness;
  }

  input(): InputStatus {
    return this.inputStatus;
  }

  subscribe(listener: (update: LiveUpdate) => void): () => void {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  }

  #updateOf(trades: readonly TradeRow[], before: ReadonlySet<string>): LiveUpdate {
    const changed = new Set(trades.map(({ symbol }) => symbol));
    const markets = [...changed].flatMap((symbol) => this.#markets.get(symbol) ?? []);
    const symbols = markets.flatMap((market) => market.summary() ?? []);
    return {
      trades,
      windows: markets.flatMap((market) => market.windows(2)),
      symbols,
      added: symbols.filter(({ symbol }) => !before.has(symbol)),
    };
  }
}

/** A task that runs and has nothing to tell. */
export function fakeTask(overrides: Partial<TaskStatus> = {}): TaskStatus {
  return {
    topic: "trade1",
    partition: 0,
    state: "running",
    committedOffset: 0,
    lagRecords: 0,
    changelogPosition: 0,
    lastCommitAtMs: undefined,
    lastCommitDurationMs: undefined,
    resultsUnderWay: false,
    restore: undefined,
    counts: { read: 0, aggregated: 0, late: 0, deadLetters: 0, duplicates: 0, rekeyed: 0 },
    problem: undefined,
    code: undefined,
    ...overrides,
  };
}

/** A standby that has everything. */
export function fakeStandby(overrides: Partial<StandbyStatus> = {}): StandbyStatus {
  return {
    topic: "trade1",
    partition: 1,
    state: "following",
    changelogPosition: 40,
    remainingOffsets: 0,
    problem: undefined,
    ...overrides,
  };
}

function advanced(task: TaskStatus, trades: number, atMs: number): TaskStatus {
  const { counts } = task;
  return {
    ...task,
    committedOffset: (task.committedOffset ?? 0) + trades,
    lastCommitAtMs: atMs,
    lastCommitDurationMs: 4,
    counts: { ...counts, read: counts.read + trades, aggregated: counts.aggregated + trades },
  };
}

/** One symbol: a random walk, its trades and its windows. */
class Market {
  readonly #symbol: string;
  readonly #partition: number;
  readonly #tick: number;
  #price: number;
  #nextId = 1n;
  #volume = 0;
  #count = 0;
  readonly #trades: TradeRow[] = [];
  readonly #windows = new Map<number, TradeRow[]>();

  constructor(symbol: string, partition: number, price: number) {
    this.#symbol = symbol;
    this.#partition = partition;
    this.#price = price;
    this.#tick = price < 10 ? 1e-5 : 0.01;
  }

  trade(tradeTimeMs: number, random: Random): TradeRow {
    this.#price *= 1 + (random.next() - 0.5) * 0.0008;
    const row: TradeRow = {
      kind: "trade",
      symbol: this.#symbol,
      tradeTimeMs,
      tradeId: this.#nextId++,
      price: Number((Math.round(this.#price / this.#tick) * this.#tick).toFixed(5)),
      volume: random.next() < 0.05 ? 0 : Math.ceil(random.next() * random.next() * 400),
      conditions: random.next() < 0.3 ? "1,12" : null,
      receivedAtMs: tradeTimeMs + 40,
      versionUs: tradeTimeMs * 1_000,
    };
    this.#keep(row);
    return row;
  }

  latest(limit: number): TradeRow[] {
    return this.#trades.slice(-limit).reverse();
  }

  /** The newest `limit` windows, oldest first. */
  windows(limit = Infinity, sizeMs = windowMs): WindowRow[] {
    const all = [...this.#windows.values()].flat();
    const windows = Map.groupBy(all, ({ tradeTimeMs }) => tradeTimeMs - tradeTimeMs % sizeMs);
    const last = Math.max(...windows.keys());
    return [...windows].slice(-limit).map(([start, trades]) =>
      windowOf({ startMs: start, sizeMs, trades, final: start < last })
    );
  }

  summary(): SymbolSummary | undefined {
    const last = this.#trades.at(-1);
    return last === undefined ? undefined : {
      symbol: this.#symbol,
      partition: this.#partition,
      price: last.price,
      time: last.tradeTimeMs,
      volume: this.#volume,
      count: this.#count,
    };
  }

  #keep(row: TradeRow): void {
    this.#volume += row.volume;
    this.#count++;
    this.#trades.push(row);
    if (this.#trades.length > tradesKeptMax) this.#trades.shift();
    const start = row.tradeTimeMs - row.tradeTimeMs % windowMs;
    const window = this.#windows.get(start);
    if (window === undefined) this.#windows.set(start, [row]);
    else window.push(row);
  }
}

function windowOf(
  { startMs, sizeMs, trades, final }: Pick<WindowRow, "startMs" | "sizeMs" | "final"> & {
    readonly trades: readonly TradeRow[];
  },
): WindowRow {
  const prices = trades.map(({ price }) => price);
  const volume = trades.reduce((sum, trade) => sum + trade.volume, 0);
  const turnover = trades.reduce((sum, trade) => sum + trade.price * trade.volume, 0);
  const last = trades.at(-1);
  return {
    kind: "window",
    symbol: last?.symbol ?? "",
    sizeMs,
    startMs,
    endMs: startMs + sizeMs,
    open: prices[0] ?? null,
    high: Math.max(...prices),
    low: Math.min(...prices),
    close: last?.price ?? null,
    volume,
    count: trades.length,
    priceVolumeMultiply: turnover / trades.length,
    vwap: volume === 0 ? null : turnover / volume,
    final,
    receivedAtMs: last?.receivedAtMs ?? startMs,
    versionUs: last?.versionUs ?? 0,
  };
}
