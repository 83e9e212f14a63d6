/**
 * Windowed aggregation over real Kafka, exactly-once, beside reading and decoding alone.
 *
 *     KAFKA_URL=127.0.0.1:9092 deno run -A bench/pipeline/throughput.ts --trades 1000000
 *
 * Both halves read the same topic in the same process, in turn. The sink is off: what is measured
 * is Kafka in, windows in LevelDB, changelog and positions out in transactions.
 */
import { parseArgs } from "node:util";
import { systemClock } from "../../src/base/clock.ts";
import { silentLogger } from "../../src/base/logger.ts";
import { seededRandom, systemRandom } from "../../src/base/random.ts";
import { connectKafka, type KafkaConnection } from "../../src/kafka/connection.ts";
import { LevelStateStores } from "../../src/level/state_store.ts";
import type { MarketRow } from "../../src/market/rows.ts";
import { marketStore, marketTopology } from "../../src/market/topology.ts";
import type { Trade } from "../../src/market/trade.ts";
import { createStateCodecs } from "../../src/registry/state_codecs.ts";
import { AvroTradeCodec } from "../../src/registry/trade_codec.ts";
import type { GroupMembership, Sink } from "../../src/streams/ports.ts";
import type { OutputRecord } from "../../src/streams/record.ts";
import { deadLetterTopic, lateTopic } from "../../src/streams/side_output.ts";
import { StreamsApp } from "../../src/streams/streams_app.ts";
import { encodeText } from "../../src/streams/text.ts";
import { changelogTopic } from "../../src/streams/topology.ts";
import { MemoryRegistry } from "../../tests/support/memory_registry.ts";
import { print } from "../../scripts/lib/print.ts";

const { values } = parseArgs({
  options: {
    trades: { type: "string", default: "1000000" },
    symbols: { type: "string", default: "64" },
    "per-record": { type: "string", default: "1" },
    partitions: { type: "string", default: "1" },
    rounds: { type: "string", default: "3" },
  },
});
const tradeCount = Number(values.trades);
const perRecord = Number(values["per-record"]);
const partitions = Number(values.partitions);
const rounds = Number(values.rounds);
const symbolCount = Number(values.symbols);

const name = `bench-${crypto.randomUUID().slice(0, 8)}`;
const firstMs = Date.UTC(2024, 0, 2, 14, 30);

/** A group of one. */
const alone: GroupMembership = {
  async run(_topic, listener, signal) {
    await listener.assigned(Array.from({ length: partitions }, (_, i) => i));
    await new Promise<void>((resolve) => signal.addEventListener("abort", () => resolve()));
    await listener.rebalancing();
    await listener.assigned([]);
  },
};

const noSink: Sink<MarketRow> = { write: () => Promise.resolve() };

/** Retention goes by record time, and these records are old. */
const kept = { "retention.ms": "-1" };

async function createTopics(kafka: KafkaConnection, application: string): Promise<void> {
  const names = [name, lateTopic(name), deadLetterTopic(name)];
  const changelog = changelogTopic(application, marketStore);
  await kafka.ensureTopics([
    ...names.map((topic) => ({ name: topic, partitions, replicationFactor: 1, config: kept })),
    {
      name: changelog,
      partitions,
      replicationFactor: 1,
      config: { "cleanup.policy": "compact" },
    },
  ]);
}

const symbolRandom = seededRandom(1);

/** One record: trades of one of many symbols, ten a millisecond. */
function recordAt(trade: number, codec: AvroTradeCodec): OutputRecord {
  const symbol = `S${Math.floor(symbolRandom.next() * symbolCount)}`;
  const trades: Trade[] = Array.from({ length: perRecord }, (_, i) => ({
    symbol,
    price: 100 + symbolRandom.next(),
    volume: 1 + Math.floor(symbolRandom.next() * 100),
    eventTimeMs: firstMs + Math.floor((trade + i) / 10),
    conditions: ["1"],
  }));
  const value = codec.encode(trades);
  return { topic: name, timestampMs: firstMs, key: encodeText(symbol), value };
}

/** In portions, so that nothing of it is left for the garbage collector when time is taken. */
async function fill(kafka: KafkaConnection, codec: AvroTradeCodec): Promise<void> {
  await using appender = kafka.appender();
  const portion = 10_000;
  for (let first = 0; first < tradeCount; first += portion * perRecord) {
    const count = Math.min(portion, (tradeCount - first) / perRecord);
    await appender.append(
      Array.from({ length: count }, (_, i) => recordAt(first + i * perRecord, codec)),
    );
  }
}

/** Reads and decodes everything; gives trades per second. */
async function readAlone(kafka: KafkaConnection, codec: AvroTradeCodec): Promise<number> {
  const log = kafka.log();
  const startedMs = performance.now();
  const counts = await Promise.all(
    Array.from({ length: partitions }, async (_, partition) => {
      const place = { topic: name, partition };
      const { endOffset } = await log.bounds(place);
      await using reader = log.open(place, 0);
      let trades = 0;
      for (let position = 0; position < endOffset;) {
        const fetched = await reader.next(AbortSignal.timeout(60_000));
        for (const { value } of fetched.records) trades += value ? codec.decode(value).length : 0;
        position = fetched.nextOffset;
      }
      return trades;
    }),
  );
  const trades = counts.reduce((sum, count) => sum + count, 0);
  if (trades !== tradeCount) throw new Error(`${trades} of ${tradeCount} trades`);
  return trades * 1000 / (performance.now() - startedMs);
}

/** Runs the job over everything; gives trades per second. */
async function runEngine(kafka: KafkaConnection, codec: AvroTradeCodec): Promise<number> {
  const application = `${name}-${crypto.randomUUID().slice(0, 8)}`;
  await createTopics(kafka, application);
  const folder = await Deno.makeTempDir({ prefix: "bench-" });
  await using stores = await LevelStateStores.open(folder, application);
  const registry = new MemoryRegistry();
  const codecs = await createStateCodecs({
    registry,
    changelogTopic: changelogTopic(application, marketStore),
  });
  const topology = marketTopology({
    topic: name,
    graceMs: 60_000,
    retentionMs: 86_400_000,
    maxFutureMs: 86_400_000,
    tradeRows: false,
    tradeCodec: codec,
    windowCodec: codecs.windowState,
  });
  const app = new StreamsApp(
    topology,
    {
      log: kafka.log(),
      commitLog: kafka.commitLog(application),
      stores,
      sink: noSink,
      codecs,
      clock: systemClock,
      random: systemRandom,
      logger: silentLogger,
    },
    alone,
    { application, commitIntervalMs: 1_000, pendingRowsMax: 1_000_000, closeBoundMs: 5_000 },
  );
  // Once everything is read the job is asked to end, which commits at once: waiting for the next
  // interval would be measured otherwise.
  const stop = new AbortController();
  let recordsLeft = Math.ceil(tradeCount / perRecord);
  let committed = 0;
  app.listen({
    opened() {},
    fetched(_input, records) {
      recordsLeft -= records;
      if (recordsLeft === 0) stop.abort();
    },
    committed(_input, { meta, previous }) {
      committed += meta.counts.aggregated - previous.aggregated;
    },
    failed(_input, error) {
      throw error;
    },
    closed() {},
  });
  const startedMs = performance.now();
  await app.run(stop.signal);
  const seconds = (performance.now() - startedMs) / 1000;
  if (committed !== tradeCount) throw new Error(`${committed} of ${tradeCount} trades`);
  await Deno.remove(folder, { recursive: true });
  return committed / seconds;
}

const brokers = (Deno.env.get("KAFKA_URL") ?? "127.0.0.1:9092").split(",");
await using kafka = connectKafka({ brokers, clientId: name, logger: silentLogger });
const codec = await AvroTradeCodec.create({ registry: new MemoryRegistry(), topic: name });
await createTopics(kafka, name);
await fill(kafka, codec);
print(
  `${tradeCount} trades, ${perRecord} a record, ${symbolCount} symbols, ${partitions} partitions`,
);
const ratios: number[] = [];
for (let round = 1; round <= rounds; round++) {
  const alone = await readAlone(kafka, codec);
  const engine = await runEngine(kafka, codec);
  ratios.push(engine / alone);
  print(
    `round ${round}: read and decode ${Math.round(alone)}/s, engine ${Math.round(engine)}/s, ` +
      `ratio ${(engine / alone).toFixed(2)}`,
  );
}
ratios.sort((a, b) => a - b);
print(`median ratio ${ratios[Math.floor(ratios.length / 2)]?.toFixed(2)}`);
