/**
 * The market job over real Kafka for benchmarks: topics, trades, reading alone, runs.
 *
 * The sink is off: what is measured is Kafka in, windows in LevelDB, changelog and positions out in
 * transactions.
 */
import { systemClock } from "../../src/base/clock.ts";
import { silentLogger } from "../../src/base/logger.ts";
import { systemRandom } from "../../src/base/random.ts";
import { connectKafka, type KafkaConnection } from "../../src/kafka/connection.ts";
import { LevelStateStores } from "../../src/level/state_store.ts";
import type { Candle } from "../../src/market/candle.ts";
import type { MarketRow } from "../../src/market/rows.ts";
import { marketChangelog, marketJob } from "../../src/market/job.ts";
import type { Trade } from "../../src/market/trade.ts";
import { createStateCodecs, type StateCodecs } from "../../src/registry/state_codecs.ts";
import { AvroTradeCodec } from "../../src/registry/trade_codec.ts";
import { type GroupMembership, noTasks } from "../../src/streams/ports.ts";
import type { OutputRecord } from "../../src/streams/record.ts";
import { deadLetterTopic, lateTopic } from "../../src/streams/side_output.ts";
import { repartitionTopic } from "../../src/streams/topology/topology.ts";
import { StreamsApp } from "../../src/streams/app/streams_app.ts";
import type { RestoreProgress } from "../../src/streams/task/status.ts";
import type { Topology } from "../../src/streams/topology/topology.ts";
import { encodeText } from "../../src/streams/text.ts";
import { MemoryRegistry } from "../../tests/support/memory_registry.ts";
import { appendAll } from "./append_all.ts";

/** Event time of the first trade and receive time of all: 2024-01-02 14:30 UTC. */
export const firstMs: number = Date.UTC(2024, 0, 2, 14, 30);

/** Retention goes by record time, and these records are old. */
const kept = { "retention.ms": "-1" };

/** How a run of the job differs from the next one. */
export interface RunOptions {
  /** Names the group and the state, which later runs of the same name go on with. */
  readonly application: string;
  /** Where the state lies. */
  readonly folder: string;
  readonly graceMs: number;
  /** Input records after which the run ends; 0 as soon as the task is open. */
  readonly records: number;
  /** Between two commits, ms; 1,000 without it. */
  readonly commitIntervalMs?: number;
  /** Trades that must be committed as well before it ends, where records go round. */
  readonly trades?: number;
  /** Told after each commit how many trades were aggregated so far. */
  readonly onCommitted?: (aggregated: number) => void;
}

/** What a run took, ms. */
export interface RunReport {
  /** From the start until the task had its state. */
  readonly openingMs: number;
  /** From then until everything was committed and closed. */
  readonly runningMs: number;
  readonly aggregated: number;
  readonly commits: number;
  /** Of one partition, as its task reports it; `undefined` if there was nothing to restore. */
  readonly restore: RestoreProgress | undefined;
}

/** One topic of trades and the runs over it. */
export class MarketBench implements AsyncDisposable {
  readonly topic: string;
  readonly #kafka: KafkaConnection;
  readonly #codec: AvroTradeCodec;
  readonly #partitions: number;

  private constructor(kafka: KafkaConnection, codec: AvroTradeCodec, topic: string, parts: number) {
    this.#kafka = kafka;
    this.#codec = codec;
    this.topic = topic;
    this.#partitions = parts;
  }

  /** Connects to `KAFKA_URL` and makes a topic, of its own if it is not named. */
  static async create(
    partitions = 1,
    topic = `bench-${crypto.randomUUID().slice(0, 8)}`,
  ): Promise<MarketBench> {
    const brokers = (Deno.env.get("KAFKA_URL") ?? "127.0.0.1:9092").split(",");
    const kafka = connectKafka({ brokers, clientId: topic, logger: silentLogger });
    const codec = await AvroTradeCodec.create({ registry: new MemoryRegistry(), topic });
    await kafka.ensureTopics(
      [topic, lateTopic(topic), deadLetterTopic(topic)].map((name) => (
        { name, partitions, replicationFactor: 1, config: kept }
      )),
    );
    return new MarketBench(kafka, codec, topic, partitions);
  }

  /** Appends a record for each list of trades. */
  async fill(
    records: Iterable<readonly Trade[]>,
    { keyless = false }: { readonly keyless?: boolean } = {},
  ): Promise<void> {
    await using appender = this.#kafka.appender();
    let count = 0;
    const place = () => keyless ? { key: null, partition: count++ % this.#partitions } : {};
    const all = Iterator.from(records).map((trades) => ({ ...this.#record(trades), ...place() }));
    await appendAll(appender, all);
  }

  /**
   * Reads and decodes the whole topic; gives trades per second.
   *
   * The trades of a batch are kept until all of it is decoded: V8 would else see that nobody looks
   * at them, and make none.
   */
  async readAlone(): Promise<number> {
    const startedMs = performance.now();
    const partitions = Array.from({ length: this.#partitions }, (_, i) => this.#readPartition(i));
    const trades = (await Promise.all(partitions)).reduce((sum, count) => sum + count, 0);
    return trades * 1000 / (performance.now() - startedMs);
  }

  #topology(graceMs: number, codecs: StateCodecs): Topology<Trade, Candle, MarketRow> {
    return marketJob({
      topic: this.topic,
      graceMs,
      retentionMs: graceMs + 86_400_000,
      maxFutureMs: graceMs + 86_400_000,
      conditionPolicy: "all",
      tradeRows: false,
      tradeCodec: this.#codec,
      windowCodec: codecs.windowState,
    });
  }

  /** Runs the job over so many records of the input. */
  async run(options: RunOptions): Promise<RunReport> {
    const { application, folder, graceMs, records } = options;
    const changelog = marketChangelog(application);
    const shape = { partitions: this.#partitions, replicationFactor: 1 };
    await this.#kafka.ensureTopics([
      { name: changelog, ...shape, config: { "cleanup.policy": "compact" } },
      { name: repartitionTopic(application), ...shape, config: kept },
    ]);
    await using stores = await LevelStateStores.open(folder, changelog);
    const codecs = await createStateCodecs({
      registry: new MemoryRegistry(),
      changelogTopic: changelog,
    });
    const app = new StreamsApp(
      this.#topology(graceMs, codecs),
      {
        log: this.#kafka.log(),
        commitLog: this.#kafka.commitLog(application),
        stores,
        codecs,
        clock: systemClock,
        random: systemRandom,
        logger: silentLogger,
      },
      alone(this.#partitions),
      {
        application,
        commitIntervalMs: options.commitIntervalMs ?? 1_000,
        pendingRowsMax: 20_000,
        closeBoundMs: 60_000,
        stateCleanupDelayMs: 600_000,
      },
    );
    const stop = new AbortController();
    let openedMs = 0;
    let recordsLeft = records;
    let aggregated = 0;
    let commits = 0;
    let restore: RestoreProgress | undefined;
    // Once everything is read the job is asked to end, which commits at once: waiting for the next
    // interval would be measured otherwise.
    const { trades = 0 } = options;
    const stopWhenRead = () => recordsLeft <= 0 && aggregated >= trades && stop.abort();
    app.listen({
      opened() {
        openedMs = performance.now();
        restore = app.tasks[0]?.restore;
        stopWhenRead();
      },
      fetched(_input, count) {
        recordsLeft -= count;
        stopWhenRead();
      },
      committed(_input, { meta, previous }) {
        aggregated += meta.counts.aggregated - previous.aggregated;
        commits += 1;
        options.onCommitted?.(aggregated);
        stopWhenRead();
      },
      failed(_input, error) {
        throw error;
      },
      closed() {},
    });
    const startedMs = performance.now();
    await app.run(stop.signal);
    const runningMs = performance.now() - openedMs;
    return { openingMs: openedMs - startedMs, runningMs, aggregated, commits, restore };
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#kafka[Symbol.asyncDispose]();
  }

  #record(trades: readonly Trade[]): OutputRecord {
    const key = encodeText(trades[0]?.symbol ?? "");
    return { topic: this.topic, timestampMs: firstMs, key, value: this.#codec.encode(trades) };
  }

  async #readPartition(partition: number): Promise<number> {
    const place = { topic: this.topic, partition };
    const log = this.#kafka.log();
    const { endOffset } = await log.bounds(place);
    await using reader = log.open(place, { offset: 0 });
    let trades = 0;
    for (let position = 0; position < endOffset;) {
      const fetched = await reader.next(AbortSignal.timeout(60_000));
      const decoded = fetched.records.map(({ value }) => this.#codec.decode(value as Uint8Array));
      for (const ofRecord of decoded) trades += ofRecord.length;
      position = fetched.nextOffset;
    }
    return trades;
  }
}

/** A group of one. */
function alone(partitions: number): GroupMembership {
  return {
    async run(_topic, listener, signal) {
      const active = Array.from({ length: partitions }, (_, i) => i);
      await listener.assigned({ ...noTasks, active });
      if (!signal.aborted) {
        await new Promise<void>((resolve) => signal.addEventListener("abort", () => resolve()));
      }
      await listener.assigned(noTasks);
    },
    reconsider() {},
    ownerOf: () => undefined,
  };
}
