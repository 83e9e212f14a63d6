import { type Client, types } from "cassandra-driver";
import type { Clock } from "../base/clock.ts";
import {
  type CandlePage,
  candlePage,
  type CandleQuery,
  type ResultReader,
} from "../market/queries.ts";
import type { TradeRow, WindowRow } from "../market/rows.ts";
import { resolutionName, type TradesTable, utcDate } from "../market/tables.ts";
import { candleBucket } from "./buckets.ts";
import { cassandraError } from "./errors.ts";
import type { TableNames } from "./names.ts";

/** What a reader must know about the tables. */
export interface CassandraReaderOptions {
  readonly names: TableNames;
  /** Which trades tables are kept: `recent` is preferred, without any there are no trades. */
  readonly tradesTables: readonly TradesTable[];
  /** Where the search for the latest days of the history begins. */
  readonly clock: Clock;
}

const dayMs = 86_400_000;

/** Days of the history that are searched for a symbol's latest trades, from tomorrow back. */
const historyDaysMax = 8;

/** Statements that a page of candles costs at most; a longer search is continued by the next page. */
const candleReadsMax = 32;

/** Partitions without a candle, one after another, before the days that have one are looked up. */
const emptyBucketsMax = 8;

/** No trade is older, epoch ms: see `tradeFault`. */
const firstMs = Date.UTC(1971);

const tradeColumns = "symbol, trade_timestamp, trade_id, price, volume, trade_conditions, " +
  "ingest_timestamp, writetime(price) AS version_us";

const windowColumns = "symbol, window_start, window_end, open, high, low, close, volume, " +
  "trade_count, price_volume_multiply, vwap, final, ingest_timestamp, " +
  "writetime(volume) AS version_us";

/** Reads results from Cassandra. Owner of the client: the caller. */
export class CassandraReader implements ResultReader {
  readonly place = "cassandra";
  readonly #client: Client;
  readonly #options: CassandraReaderOptions;

  constructor(client: Client, options: CassandraReaderOptions) {
    this.#client = client;
    this.#options = options;
  }

  async trades(symbol: string, limit: number): Promise<TradeRow[]> {
    const { tradesTables } = this.#options;
    if (tradesTables.includes("recent")) return await this.#recentTrades(symbol, limit);
    return tradesTables.includes("history") ? await this.#pastTrades(symbol, limit) : [];
  }

  async windows(symbol: string, fromMs: number, toMs: number): Promise<WindowRow[]> {
    const { keyspace, runningAverages } = this.#options.names;
    const rows = await this.#rows(
      `SELECT ${windowColumns} FROM ${keyspace}.${runningAverages}
        WHERE symbol = ? AND window_start >= ? AND window_start < ?`,
      [symbol, fromMs, toMs],
    );
    return rows.map(windowRow).reverse();
  }

  /**
   * Bucket by bucket, newest first, because a bucket is a partition. A long time without a candle is
   * skipped: each day that has one has a candle of the day, except a day whose beginning the input
   * no longer held, which is found because a week before is searched anyway.
   */
  async candles(symbol: string, sizeMs: number, query: CandleQuery): Promise<CandlePage> {
    const { toMs, limit } = query;
    const fromMs = Math.max(query.fromMs, firstMs);
    const rows: WindowRow[] = [];
    let empty = 0;
    let endMs = Math.min(toMs, this.#options.clock.nowMs() + dayMs);
    for (let reads = 0; endMs > fromMs; reads++) {
      if (reads === candleReadsMax) return { rows, restToMs: endMs };
      if (empty === emptyBucketsMax) {
        const day = await this.#newestDay(symbol, fromMs, endMs);
        if (day === undefined) break;
        empty = 0;
        endMs = Math.min(endMs, day + dayMs);
        continue;
      }
      const bucket = candleBucket({ sizeMs, startMs: endMs - 1 });
      const range = { fromMs, toMs: endMs, limit: limit - rows.length };
      const found = await this.#bucketCandles([symbol, resolutionName(sizeMs), bucket], range);
      rows.push(...found);
      if (rows.length === limit) break;
      empty = found.length === 0 ? empty + 1 : 0;
      endMs = Date.parse(bucket);
    }
    return candlePage(rows, query);
  }

  async #bucketCandles(
    key: readonly [symbol: string, resolution: string, bucket: string],
    { fromMs, toMs, limit }: CandleQuery,
  ): Promise<WindowRow[]> {
    const { keyspace, candles } = this.#options.names;
    const rows = await this.#rows(
      `SELECT ${windowColumns} FROM ${keyspace}.${candles}
        WHERE symbol = ? AND resolution = ? AND bucket = ?
          AND window_start >= ? AND window_start < ? LIMIT ?`,
      [...key, fromMs, toMs, limit],
    );
    return rows.map(windowRow);
  }

  /** Start of the newest day with a candle of the day, of those that begin before `toMs`. */
  async #newestDay(symbol: string, fromMs: number, toMs: number): Promise<number | undefined> {
    const { keyspace, candles } = this.#options.names;
    const rows = await this.#rows(
      `SELECT window_start FROM ${keyspace}.${candles}
        WHERE symbol = ? AND resolution = ? AND bucket IN ? AND window_start < ?
        PER PARTITION LIMIT 1`,
      [symbol, resolutionName(dayMs), yearBuckets(fromMs, toMs), toMs],
    );
    const days = rows.map((row) => timeOf(row["window_start"]));
    return days.length === 0 ? undefined : Math.max(...days);
  }

  async #recentTrades(symbol: string, limit: number): Promise<TradeRow[]> {
    const { keyspace, trades } = this.#options.names;
    const query = `SELECT ${tradeColumns} FROM ${keyspace}.${trades} WHERE symbol = ? LIMIT ?`;
    const rows = await this.#rows(query, [symbol, limit]);
    return rows.map(tradeRow);
  }

  /** Day by day, newest first, because a day is a partition. */
  async #pastTrades(symbol: string, limit: number): Promise<TradeRow[]> {
    const { names: { keyspace, tradesByDay }, clock } = this.#options;
    const query = `SELECT ${tradeColumns} FROM ${keyspace}.${tradesByDay}
      WHERE symbol = ? AND trade_date = ? LIMIT ?`;
    const found: TradeRow[] = [];
    const tomorrowMs = clock.nowMs() + dayMs;
    for (let day = 0; day < historyDaysMax && found.length < limit; day++) {
      const date = utcDate(tomorrowMs - day * dayMs);
      const rows = await this.#rows(query, [symbol, date, limit - found.length]);
      found.push(...rows.map(tradeRow));
    }
    return found;
  }

  async #rows(
    query: string,
    params: readonly (string | number | readonly string[])[],
  ): Promise<types.Row[]> {
    try {
      return await Array.fromAsync(await this.#client.execute(query, [...params]));
    } catch (error) {
      throw cassandraError("read rows from Cassandra", error);
    }
  }
}

/** The partitions of the candles of the day that may begin in a range. */
function yearBuckets(fromMs: number, toMs: number): string[] {
  const [first, last] = [fromMs, toMs].map((timeMs) => new Date(timeMs).getUTCFullYear());
  const years = Array.from({ length: (last ?? 0) - (first ?? 0) + 1 }, (_, n) => (first ?? 0) + n);
  return years.map((year) => candleBucket({ sizeMs: dayMs, startMs: Date.UTC(year) }));
}

function tradeRow(row: types.Row): TradeRow {
  const conditions: string = row["trade_conditions"] ?? "";
  return {
    kind: "trade",
    symbol: row["symbol"],
    tradeTimeMs: timeOf(row["trade_timestamp"]),
    tradeId: longToBigint(row["trade_id"]),
    price: row["price"],
    volume: row["volume"],
    conditions: conditions === "" ? null : conditions,
    receivedAtMs: timeOf(row["ingest_timestamp"]),
    versionUs: Number(row["version_us"]),
  };
}

function windowRow(row: types.Row): WindowRow {
  const startMs = timeOf(row["window_start"]);
  const endMs = timeOf(row["window_end"]);
  return {
    kind: "window",
    symbol: row["symbol"],
    sizeMs: endMs - startMs,
    startMs,
    endMs,
    open: row["open"],
    high: row["high"],
    low: row["low"],
    close: row["close"],
    volume: row["volume"],
    count: Number(row["trade_count"]),
    priceVolumeMultiply: row["price_volume_multiply"],
    vwap: row["vwap"],
    final: row["final"],
    receivedAtMs: timeOf(row["ingest_timestamp"]),
    versionUs: Number(row["version_us"]),
  };
}

function timeOf(value: Date): number {
  return value.getTime();
}

function longToBigint(value: types.Long): bigint {
  return (BigInt(value.getHighBits()) << 32n) | BigInt(value.getLowBitsUnsigned());
}
