import {
  type CandlePage,
  candlePage,
  type CandleQuery,
  type ResultReader,
} from "../../src/market/queries.ts";
import type { MarketRow, TradeRow, WindowRow } from "../../src/market/rows.ts";
import { summaryWindowMs, type TradesTable } from "../../src/market/tables.ts";
import type { Sink } from "../../src/streams/ports.ts";

/** How a memory sink behaves. */
export interface MemorySinkOptions {
  readonly tradesTables?: readonly TradesTable[];
}

/**
 * Keeps results in maps, under the rules of a real sink: the higher version wins, a repeat changes
 * nothing. Passes the same contract suite.
 */
export class MemorySink implements Sink<MarketRow>, ResultReader {
  readonly place = "sqlite";
  /** Called before every write with its rows; what it throws, the write throws, changing nothing. */
  beforeWrite: (rows: readonly MarketRow[]) => void | Promise<void> = () => {};
  readonly #keepsTrades: boolean;
  readonly #rows = new Map<string, MarketRow>();
  #writes = 0;

  constructor({ tradesTables = ["recent", "history"] }: MemorySinkOptions = {}) {
    this.#keepsTrades = tradesTables.length > 0;
  }

  /** Completed writes. */
  get writes(): number {
    return this.#writes;
  }

  /** Every row as it stands, ordered by key: equal contents are equal arrays. */
  get rows(): MarketRow[] {
    return [...this.#rows].sort(([a], [b]) => (a < b ? -1 : 1)).map(([, row]) => row);
  }

  async write(rows: readonly MarketRow[]): Promise<void> {
    await this.beforeWrite(rows);
    for (const row of rows) {
      if (row.kind === "window" || this.#keepsTrades) this.#put(row);
    }
    this.#writes += 1;
  }

  trades(symbol: string, limit: number): Promise<TradeRow[]> {
    const found = this.#ofKind("trade").filter((row) => row.symbol === symbol);
    return Promise.resolve(found.sort(newestFirst).slice(0, limit));
  }

  windows(symbol: string, fromMs: number, toMs: number): Promise<WindowRow[]> {
    return Promise.resolve(this.#windows(symbol, summaryWindowMs, { fromMs, toMs }));
  }

  candles(symbol: string, sizeMs: number, query: CandleQuery): Promise<CandlePage> {
    const found = this.#windows(symbol, sizeMs, query).reverse();
    return Promise.resolve(candlePage(found.slice(0, query.limit), query));
  }

  #windows(
    symbol: string,
    sizeMs: number,
    { fromMs, toMs }: Pick<CandleQuery, "fromMs" | "toMs">,
  ): WindowRow[] {
    const found = this.#ofKind("window").filter((row) =>
      row.symbol === symbol && row.sizeMs === sizeMs &&
      fromMs <= row.startMs && row.startMs < toMs
    );
    return found.sort((a, b) => a.startMs - b.startMs);
  }

  #put(row: MarketRow): void {
    const key = keyOf(row);
    const present = this.#rows.get(key);
    if (present === undefined || row.versionUs > present.versionUs) this.#rows.set(key, row);
  }

  #ofKind<K extends MarketRow["kind"]>(kind: K): Extract<MarketRow, { kind: K }>[] {
    return [...this.#rows.values()].filter((row): row is Extract<MarketRow, { kind: K }> =>
      row.kind === kind
    );
  }
}

function keyOf(row: MarketRow): string {
  return row.kind === "trade"
    ? `trade|${row.symbol}|${padded(row.tradeTimeMs)}|${padded(row.tradeId)}`
    : `window|${row.symbol}|${padded(row.sizeMs)}|${padded(row.startMs)}`;
}

function padded(number: number | bigint): string {
  return String(number).padStart(20, "0");
}

function newestFirst(a: TradeRow, b: TradeRow): number {
  return b.tradeTimeMs - a.tradeTimeMs || (b.tradeId > a.tradeId ? 1 : -1);
}
