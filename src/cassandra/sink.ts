import type { Buffer } from "node:buffer";
import type { Client } from "cassandra-driver";
import type { MarketRow, TradeRow, WindowRow } from "../market/rows.ts";
import { summaryWindowMs, type TradesTable } from "../market/tables.ts";
import type { Sink } from "../streams/ports.ts";
import { batchesOf } from "./batches.ts";
import { isOverload, isUnprepared, sinkError } from "./errors.ts";
import { forEachInFlight, Slots, withLessRoom } from "./in_flight.ts";
import { type EncodedBatch, prepareStatement, sendBatch } from "./internals.ts";
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
  /** Time to live of recent trades and running averages, seconds; 0 is without expiry. */
  readonly tradesTtlSeconds: number;
}

/**
 * Batches on their way at once, of all tasks together: at most 4,800 rows.
 *
 * A node that does not manage what is on its way within its `write_request_timeout` (2 s by default)
 * refuses it, and it is sent again with less on its way at once (`withLessRoom`). With this bound it
 * must manage 2,400 rows a second for that not to happen, a twentieth of a core, however many tasks
 * there are. Eight at once are a tenth slower.
 */
export const batchesInFlightMax = 16;

/** How often a batch is sent that is too much for a node, before the whole write is given up. */
const batchTriesMax = 5;

/**
 * Keeps results in Cassandra. Owner of the client: the caller.
 *
 * Guarantee: at least once, and a row never goes back to an older version, from any writer: the
 * row's version is the write time of all its columns.
 *
 * @see docs/adr/0003-rows-only-go-forward.md
 */
export class CassandraSink implements Sink<MarketRow> {
  readonly #client: Client;
  readonly #slots = new Slots(batchesInFlightMax);
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
      const batches = await this.#batches(rows);
      await forEachInFlight(batches, this.#slots, (batch) => this.#send(batch));
    } catch (error) {
      throw sinkError(`write ${rows.length} rows to Cassandra`, await this.#causeOf(error));
    }
  }

  /**
   * A table or a column that was dropped shows as a statement that no host can prepare again, for
   * a reason that the driver drops. It is prepared again: for the reason, or because it is back.
   */
  async #causeOf(error: unknown): Promise<unknown> {
    if (!isUnprepared(error)) return error;
    this.#client.metadata.clearPrepared();
    const inserts = [...this.#trades, this.#average, this.#candle];
    const prepared = inserts.map(({ query }) => prepareStatement(this.#client, query));
    const failed = (await Promise.allSettled(prepared)).find(({ status }) => status === "rejected");
    return failed?.status === "rejected" ? failed.reason : error;
  }

  async #send(batch: EncodedBatch): Promise<void> {
    await withLessRoom(() => sendBatch(this.#client, batch), {
      slots: this.#slots,
      isOverload,
      triesMax: batchTriesMax,
    });
  }

  async #batches(rows: readonly MarketRow[]): Promise<Iterable<EncodedBatch>> {
    const trades = rows.filter((row) => row.kind === "trade");
    const windows = rows.filter((row) => row.kind === "window");
    const summaries = windows.filter(({ sizeMs }) => sizeMs === summaryWindowMs);
    return chained([
      ...await Promise.all(this.#trades.map((insert) => this.#batchesOf(trades, insert))),
      await this.#batchesOf(summaries, this.#average),
      await this.#batchesOf(windows, this.#candle),
    ]);
  }

  /** Only what has rows is prepared: a missing table does not matter until then. */
  async #batchesOf<Row extends MarketRow>(
    rows: readonly Row[],
    insert: Insert<Row>,
  ): Promise<Iterable<EncodedBatch>> {
    if (rows.length === 0) return [];
    const statement = await prepareStatement(this.#client, insert.query);
    return batchesOf(rows, insert, {
      statement,
      keepersOf: (routingKey) => keepersOf(this.#client, statement.keyspace, routingKey),
    });
  }
}

/** Names the nodes that keep a partition; of a cluster of one node, without looking it up. */
function keepersOf(client: Client, keyspace: string, routingKey: Buffer): string {
  if (client.hosts.length === 1) return "";
  const keepers = client.getReplicas(keyspace, routingKey);
  // A keyspace that the driver does not know yet: each partition for itself.
  if (keepers === null) return routingKey.toString("latin1");
  return keepers.map(({ address }) => address).join();
}

function* chained<T>(parts: readonly Iterable<T>[]): Generator<T> {
  for (const part of parts) yield* part;
}
