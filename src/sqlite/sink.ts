import type { DatabaseSync, SQLInputValue, StatementSync } from "node:sqlite";
import type { Clock } from "../base/clock.ts";
import type { MarketRow, TradeRow, WindowRow } from "../market/rows.ts";
import { summaryWindowMs, type TradesTable } from "../market/tables.ts";
import type { Sink } from "../streams/ports.ts";
import { inTransaction } from "./database.ts";
import { sqliteError } from "./errors.ts";
import { Expiry } from "./expiry.ts";
import {
  type Upsert,
  upsertAverage,
  upsertCandle,
  upsertTrade,
  upsertTradeOfDay,
} from "./statements.ts";

/** What may be chosen about the rows in a file. */
export interface SqliteSinkOptions {
  /** File the database was opened from, for messages. */
  readonly path: string;
  readonly tradesTables: readonly TradesTable[];
  /** Lifetime of recent trades and running averages, seconds; 0 is without expiry. */
  readonly tradesTtlSeconds: number;
  readonly clock: Clock;
}

/** An upsert ready to run. */
type Writer<Row> = (row: Row) => void;

/**
 * Keeps results in one SQLite file. Owner of the database: the caller.
 *
 * Guarantee: one `write` is one transaction, so readers see all of its rows or none. A row never
 * goes back to an older version, whatever order versions are written in.
 */
export class SqliteSink implements Sink<MarketRow> {
  readonly #database: DatabaseSync;
  readonly #path: string;
  readonly #trades: readonly Writer<TradeRow>[];
  readonly #average: Writer<WindowRow>;
  readonly #candle: Writer<WindowRow>;
  readonly #expiry: Expiry;

  constructor(database: DatabaseSync, options: SqliteSinkOptions) {
    this.#database = database;
    this.#path = options.path;
    const { tradesTables } = options;
    this.#trades = [
      ...tradesTables.includes("recent") ? [writer(database, upsertTrade)] : [],
      ...tradesTables.includes("history") ? [writer(database, upsertTradeOfDay)] : [],
    ];
    this.#average = writer(database, upsertAverage);
    this.#candle = writer(database, upsertCandle);
    this.#expiry = new Expiry(database, {
      ttlSeconds: options.tradesTtlSeconds,
      clock: options.clock,
    });
  }

  /** Synchronous inside: about 10 ms of the event loop per thousand rows. */
  write(rows: readonly MarketRow[]): Promise<void> {
    if (rows.length === 0) return Promise.resolve();
    try {
      inTransaction(this.#database, () => {
        for (const row of rows) this.#writeRow(row);
        this.#expiry.sweepWhenDue();
      });
      return Promise.resolve();
    } catch (error) {
      return Promise.reject(sqliteError(`write ${rows.length} rows`, this.#path, error));
    }
  }

  #writeRow(row: MarketRow): void {
    if (row.kind === "trade") {
      for (const write of this.#trades) write(row);
      return;
    }
    if (row.sizeMs === summaryWindowMs) this.#average(row);
    this.#candle(row);
  }
}

function writer<Row>(database: DatabaseSync, upsert: Upsert<Row>): Writer<Row> {
  const statement: StatementSync = database.prepare(upsert.sql);
  return (row) => {
    const values: SQLInputValue[] = upsert.valuesOf(row);
    statement.run(...values);
  };
}
