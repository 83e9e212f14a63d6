import { seededRandom } from "../../src/base/random.ts";
import type { KafkaConnection } from "../../src/kafka/connection.ts";
import type { TradeCodec } from "../../src/market/codec.ts";
import type { Trade } from "../../src/market/trade.ts";
import type { OutputRecord } from "../../src/streams/record.ts";
import { encodeText } from "../../src/streams/text.ts";
import { partitionForKey } from "../../src/streams/partitioner.ts";
import { appendAll } from "../pipeline/append_all.ts";

/** What a comparison runs over. */
export interface Workload {
  readonly trades: number;
  readonly symbols: number;
  /** Trades of one symbol in a record. */
  readonly perRecord: number;
  readonly partitions: number;
  /** Each symbol as often as the others, in turn; drawn evenly without it. */
  readonly inTurn: boolean;
}

/** From so many on, restoring what is kept of them takes long enough to be measured. */
export const manySymbols = 200_000;

/** Event time of the first trade: 2024-01-02 14:30 UTC. */
const firstMs = Date.UTC(2024, 0, 2, 14, 30);

/** As fast as a busy market: trades in a millisecond of their own time. */
const tradesPerMs = 10;

/** How many records that are. */
export function recordCount({ trades, perRecord }: Workload): number {
  return Math.ceil(trades / perRecord);
}

/** Says what it is. */
export function titleOf({ trades, symbols, perRecord, partitions, inTurn }: Workload): string {
  const [count, names] = [trades, symbols].map((figure) => figure.toLocaleString("en"));
  return `${count} trades, ${names} symbols ${inTurn ? "in turn" : "evenly"}, ${perRecord} a ` +
    `record, ${partitions} ${partitions === 1 ? "partition" : "partitions"}`;
}

function* tradesOf({ trades, symbols, perRecord, inTurn }: Workload): Generator<Trade[]> {
  const random = seededRandom(1);
  for (let first = 0; first < trades; first += perRecord) {
    const rank = inTurn ? first / perRecord % symbols : Math.floor(random.next() * symbols);
    yield Array.from({ length: Math.min(perRecord, trades - first) }, (_, i) => ({
      symbol: `S${Math.floor(rank)}`,
      price: 100 + random.next(),
      volume: 1 + Math.floor(random.next() * 100),
      eventTimeMs: firstMs + Math.floor((first + i) / tradesPerMs),
      conditions: ["1"],
    }));
  }
}

/** Makes the topic, which keeps records of any age, and fills it. */
export async function fill(
  kafka: KafkaConnection,
  topic: string,
  { workload, codec }: { readonly workload: Workload; readonly codec: TradeCodec },
): Promise<void> {
  const { partitions } = workload;
  const config = { "retention.ms": "-1" };
  await kafka.ensureTopics([{ name: topic, partitions, replicationFactor: 1, config }]);
  await using appender = kafka.appender();
  await appendAll(
    appender,
    Iterator.from(tradesOf(workload)).map((trades): OutputRecord => {
      const [first] = trades;
      const key = encodeText(first?.symbol ?? "");
      const partition = partitionForKey(key, partitions);
      const timestampMs = first?.eventTimeMs ?? firstMs;
      return { topic, partition, timestampMs, key, value: codec.encode(trades) };
    }),
  );
}
