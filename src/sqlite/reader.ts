import type { DatabaseSync, SQLOutputValue, StatementSync } from "node:sqlite";
import {
  type CandlePage,
  candlePage,
  type CandleQuery,
  type ResultReader,
} from "../market/queries.ts";
import type { TradeRow, WindowRow } from "../market/rows.ts";
import { resolutionName, type TradesTable } from "../market/tables.ts";
import { sqliteError } from "./errors.ts";

/** What a reader must know about the file. */
export interface SqliteReaderOptions {
  /** File the database was opened from, for messages. */
  readonly path: string;
  /** Which trades tables are kept: `recent` is preferred, without any there are no trades. */
  readonly tradesTables: readonly TradesTable[];
}

type Columns = Record<string, SQLOutputValue>;

/** Reads results from a SQLite file. Owner of the database: the caller. */
export class SqliteReader implements ResultReader {
  readonly place = "sqlite";
  readonly #path: string;
  readonly #trades: StatementSync | undefined;
  readonly #windows: StatementSync;
  readonly #candles: StatementSync;

  constructor(database: DatabaseSync, options: SqliteReaderOptions) {
    this.#path = options.path;
    this.#trades = tradesStatement(database, options.tradesTables);
    this.#windows = database.prepare(
      `SELECT * FROM running_averages_15_sec
        WHERE symbol = ? AND window_start >= ? AND window_start < ? ORDER BY window_start`,
    );
    this.#candles = database.prepare(
      `SELECT * FROM candles
        WHERE symbol = ? AND resolution = ? AND window_start >= ? AND window_start < ?
        ORDER BY window_start DESC LIMIT ?`,
    );
  }

  trades(symbol: string, limit: number): Promise<TradeRow[]> {
    return this.#read(() => this.#trades?.all(symbol, limit).map(tradeRow) ?? []);
  }

  windows(symbol: string, fromMs: number, toMs: number): Promise<WindowRow[]> {
    return this.#read(() => this.#windows.all(symbol, fromMs, toMs).map(windowRow));
  }

  candles(symbol: string, sizeMs: number, query: CandleQuery): Promise<CandlePage> {
    const params = [symbol, resolutionName(sizeMs), query.fromMs, query.toMs, query.limit] as const;
    return this.#read(() => candlePage(this.#candles.all(...params).map(windowRow), query));
  }

  #read<T>(query: () => T): Promise<T> {
    try {
      return Promise.resolve(query());
    } catch (error) {
      return Promise.reject(sqliteError("read rows", this.#path, error));
    }
  }
}

function tradesStatement(
  database: DatabaseSync,
  tables: readonly TradesTable[],
): StatementSync | undefined {
  if (tables.length === 0) return undefined;
  const [table, order] = tables.includes("recent")
    ? ["trades", ""]
    : ["trades_by_day", "trade_date DESC, "];
  const statement = database.prepare(
    `SELECT * FROM ${table} WHERE symbol = ?
      ORDER BY ${order}trade_timestamp DESC, trade_id DESC LIMIT ?`,
  );
  const allIntegers = true;
  statement.setReadBigInts(allIntegers);
  return statement;
}

function tradeRow(columns: Columns): TradeRow {
  return {
    kind: "trade",
    symbol: String(columns["symbol"]),
    tradeTimeMs: Number(columns["trade_timestamp"]),
    tradeId: BigInt(columns["trade_id"] as bigint),
    price: Number(columns["price"]),
    volume: Number(columns["volume"]),
    conditions: columns["trade_conditions"] as string | null,
    receivedAtMs: Number(columns["ingest_timestamp"]),
    versionUs: Number(columns["version_us"]),
  };
}

function windowRow(columns: Columns): WindowRow {
  const startMs = Number(columns["window_start"]);
  const endMs = Number(columns["window_end"]);
  return {
    kind: "window",
    symbol: String(columns["symbol"]),
    sizeMs: endMs - startMs,
    startMs,
    endMs,
    open: columns["open"] as number | null,
    high: columns["high"] as number | null,
    low: columns["low"] as number | null,
    close: columns["close"] as number | null,
    volume: Number(columns["volume"]),
    count: Number(columns["trade_count"]),
    priceVolumeMultiply: Number(columns["price_volume_multiply"]),
    vwap: columns["vwap"] as number | null,
    final: columns["final"] === 1,
    receivedAtMs: Number(columns["ingest_timestamp"]),
    versionUs: Number(columns["version_us"]),
  };
}
