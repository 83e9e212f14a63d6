import type { Client } from "cassandra-driver";
import type { MarketRow, TradeRow, WindowRow } from "../market/rows.ts";
import { summaryWindowMs, type TradesTable } from "../market/tables.ts";
import type { Sink } from "../streams/ports.ts";
import { type Batch, batchesOf } from "./batches.ts";
import { cassandraError } from "./errors.ts";
import { forEachInFlight } from "./in_flight.ts";
import type { TableNames } from "./names.ts";
import {
  type Insert,
  insertAverage,
  insertCandle,
  insertTrade,
  insertTradeOfDay,
} from "./statements.ts";

/** What may be chosen about the rows. */
export interface CassandraSinkOptions {
  readonly names: TableNames;
  readonly tradesTables: readonly TradesTable[];
  /** Time to live of recent trades and running averages, seconds; 0 is for ever. */
  readonly tradesTtlSeconds: number;
}

/** Batches on their way at once, over all partitions. */
const batchesInFlightMax = 16;

/**
 * Keeps results in Cassandra. Owner of the client: the caller.
 *
 * Guarantee: at least once, and a row never goes back to an older version, whoever writes it: the
 * row's version is the write time of all its columns.
 *
 * @see docs/adr/0003-rows-only-go-forward.md
 */
export class CassandraSink implements Sink<MarketRow> {
  readonly #client: Client;
  readonly #trades: readonly Insert<TradeRow>[];
  readonly #average: Insert<WindowRow>;
  readonly #candle: Insert<WindowRow>;

  constructor(client: Client, options: CassandraSinkOptions) {
    const { names, tradesTables, tradesTtlSeconds } = options;
    this.#client = client;
    this.#trades = [
      ...tradesTables.includes("recent") ? [insertTrade(names, tradesTtlSeconds)] : [],
      ...tradesTables.includes("history") ? [insertTradeOfDay(names)] : [],
    ];
    this.#average = insertAverage(names, tradesTtlSeconds);
    this.#candle = insertCandle(names);
  }

  async write(rows: readonly MarketRow[]): Promise<void> {
    try {
      await forEachInFlight(this.#batches(rows), batchesInFlightMax, (batch) => this.#send(batch));
    } catch (error) {
      throw cassandraError(`write ${rows.length} rows to Cassandra`, error);
    }
  }

  *#batches(rows: readonly MarketRow[]): Generator<Batch> {
    const trades = rows.filter((row) => row.kind === "trade");
    const windows = rows.filter((row) => row.kind === "window");
    for (const insert of this.#trades) yield* batchesOf(trades, insert);
    yield* batchesOf(windows.filter(({ sizeMs }) => sizeMs === summaryWindowMs), this.#average);
    yield* batchesOf(windows, this.#candle);
  }

  /** Unlogged: rows of one partition are applied together anyway. */
  async #send(batch: Batch): Promise<void> {
    await this.#client.batch(batch, { logged: false });
  }
}
