import { type Client, types } from "cassandra-driver";
import { systemClock } from "../../src/base/clock.ts";
import type { Random } from "../../src/base/random.ts";
import type { Trade } from "../../src/market/trade.ts";
import { HttpSchemaRegistry } from "../../src/registry/registry_client.ts";
import { tradeSchemaText } from "../../src/registry/schemas.ts";
import { AvroTradeCodec } from "../../src/registry/trade_codec.ts";
import { writeFrameHeader } from "../../src/registry/wire_format.ts";
import { connectTestKafka } from "./kafka_harness.ts";

/** A frame as the feed sent it. */
export interface OriginalFrame {
  readonly atMs: number;
  readonly trades: readonly Trade[];
}

/** Its Kafka has two partitions for each topic. */
export const originalPartitions = 2;

/** Its tables, as its `cassandra-setup.cql` makes them. */
export function originalTables(keyspace: string): string[] {
  return [
    `CREATE KEYSPACE IF NOT EXISTS ${keyspace} WITH replication = ` +
    "{'class': 'SimpleStrategy', 'replication_factor': 1}",
    `CREATE TABLE IF NOT EXISTS ${keyspace}.trades(
      symbol text, trade_conditions text, price double, volume double,
      trade_timestamp timestamp, ingest_timestamp timestamp,
      PRIMARY KEY((symbol),trade_timestamp))
      WITH CLUSTERING ORDER BY (trade_timestamp DESC)`,
    `CREATE TABLE IF NOT EXISTS ${keyspace}.running_averages_15_sec(
      symbol text, price_volume_multiply double, ingest_timestamp timestamp,
      PRIMARY KEY((symbol),ingest_timestamp))
      WITH CLUSTERING ORDER BY (ingest_timestamp DESC)`,
  ];
}

/**
 * Frames at even distances in `[fromMs, toMs)`: several symbols in a frame, and of a symbol several
 * trades in its millisecond. Frames share no millisecond, so order within one is all that counts.
 */
export function originalFrames(
  symbols: readonly string[],
  { fromMs, toMs, count, random }: {
    readonly fromMs: number;
    readonly toMs: number;
    readonly count: number;
    readonly random: Random;
  },
): OriginalFrame[] {
  const tradesMax = 5;
  return Array.from({ length: count }, (_, frame) => {
    const atMs = Math.floor(fromMs + (toMs - fromMs) * frame / count);
    const trades = Array.from({ length: 1 + Math.floor(random.next() * tradesMax) }, () => ({
      symbol: symbols[Math.floor(random.next() * symbols.length)] ?? "",
      price: 100 + Math.floor(random.next() * 1_000) / 8,
      volume: Math.floor(random.next() * 100) / 4,
      eventTimeMs: atMs,
      conditions: ["1"],
    }));
    return { atMs, trades };
  });
}

/** Its schema: the same record, described in other words, with a default where none may be. */
function originalSchemaText(): string {
  return JSON.stringify(
    JSON.parse(tradeSchemaText, (_, value) => {
      if (value?.doc !== undefined) value.doc = "in the original's words";
      return Array.isArray(value?.items) ? { ...value, default: [] } : value;
    }),
  );
}

/** Its producer: a frame is a record without a key, anywhere, under its own schema's id. */
export function originalProducer(
  { topic, registryUrl, random }: {
    readonly topic: string;
    readonly registryUrl: string;
    readonly random: Random;
  },
): (frames: readonly OriginalFrame[]) => Promise<void> {
  const registry = new HttpSchemaRegistry({ url: registryUrl, clock: systemClock });
  return async (frames) => {
    const schemaId = await registry.register(`${topic}-value`, originalSchemaText());
    const codec = await AvroTradeCodec.create({ registry, topic: `${topic}-of-the-test` });
    const encode = (trades: readonly Trade[]) => {
      const value = codec.encode(trades);
      writeFrameHeader(value, schemaId);
      return value;
    };
    await using kafka = connectTestKafka();
    await using appender = kafka.appender();
    await appender.append(frames.map(({ atMs, trades }) => ({
      topic,
      key: null,
      value: encode(trades),
      timestampMs: atMs,
      partition: Math.floor(random.next() * originalPartitions),
    })));
  };
}

/**
 * What its Spark job has in the tables after these frames: of the trades of a symbol and millisecond,
 * which a batch writes with one write time, the greatest price and the greatest volume; as averages
 * the mean since the start.
 */
export async function originalRows(
  client: Client,
  keyspace: string,
  frames: readonly OriginalFrame[],
): Promise<void> {
  const insert = `INSERT INTO ${keyspace}.trades (symbol, trade_timestamp, price, volume, ` +
    "trade_conditions, ingest_timestamp) VALUES (?, ?, ?, ?, ?, ?) USING TIMESTAMP ?";
  const trades = frames.flatMap(({ trades }) => trades);
  const nowMs = Date.now();
  for (const [symbol, own] of Map.groupBy(trades, ({ symbol }) => symbol)) {
    const rows = own.map((trade) => ({
      query: insert,
      params: [
        ...[symbol, trade.eventTimeMs, trade.price, trade.volume, "[1]", nowMs],
        types.Long.fromNumber(nowMs * 1_000),
      ],
    }));
    await client.batch(rows, { prepare: true, logged: false });
    await client.execute(
      `INSERT INTO ${keyspace}.running_averages_15_sec ` +
        "(symbol, price_volume_multiply, ingest_timestamp) VALUES (?, ?, ?)",
      [symbol, meanOf(own), nowMs],
      { prepare: true },
    );
  }
}

/** Rows of its trades table that are no trade of these frames. */
export function mixedRowCount(frames: readonly OriginalFrame[]): number {
  const trades = frames.flatMap(({ trades }) => trades);
  const sharing = Map.groupBy(trades, ({ symbol, eventTimeMs }) => `${symbol} ${eventTimeMs}`);
  return [...sharing.values()].filter((own) => {
    const price = Math.max(...own.map((trade) => trade.price));
    const volume = Math.max(...own.map((trade) => trade.volume));
    return !own.some((trade) => trade.price === price && trade.volume === volume);
  }).length;
}

/** Mean of price × volume. */
export function meanOf(trades: readonly Trade[]): number {
  return trades.reduce((sum, { price, volume }) => sum + price * volume, 0) / trades.length;
}
