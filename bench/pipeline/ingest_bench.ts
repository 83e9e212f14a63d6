/**
 * The producer over real Kafka for benchmarks: a feed on a socket, the ingest with or without its
 * spool on disk, and a reader of the topic, in one process.
 */
import { systemClock } from "../../src/base/clock.ts";
import { silentLogger } from "../../src/base/logger.ts";
import { systemRandom } from "../../src/base/random.ts";
import { Secret } from "../../src/base/secret.ts";
import { FinnhubClient } from "../../src/feed/finnhub_client.ts";
import { openWebSocket } from "../../src/feed/ws_socket.ts";
import { runIngest } from "../../src/ingest/ingest.ts";
import { memorySpool } from "../../src/ingest/memory_spool.ts";
import { Spool } from "../../src/ingest/spool.ts";
import { connectKafka } from "../../src/kafka/connection.ts";
import { LevelQueue } from "../../src/level/level_queue.ts";
import { AvroTradeCodec } from "../../src/registry/trade_codec.ts";
import type { RecordLog } from "../../src/streams/ports.ts";
import { deadLetterTopic } from "../../src/streams/side_output.ts";
import { MemoryRegistry } from "../../tests/support/memory_registry.ts";

/** Where frames wait. */
export type SpoolKind = "disk" | "memory";

/** What is sent. */
export interface IngestLoad {
  readonly spool: SpoolKind;
  /** Frames per second; Infinity as fast as they are taken. */
  readonly framesPerSecond: number;
  readonly frames: number;
  readonly tradesPerFrame: number;
}

/** What it took, ms. */
export interface IngestReport {
  /** From the moment a frame was written to the socket until its record could be read. */
  readonly latenciesMs: Float64Array;
  /** From the first frame to the last record. */
  readonly totalMs: number;
}

const burstMs = 5;

/** Sends a load and reads it back from the topic. */
export async function runLoad(load: IngestLoad): Promise<IngestReport> {
  const topic = `bench-${crypto.randomUUID().slice(0, 8)}`;
  const brokers = (Deno.env.get("KAFKA_URL") ?? "127.0.0.1:9092").split(",");
  await using resources = new AsyncDisposableStack();
  const folder = await Deno.makeTempDir({ prefix: "bench-" });
  resources.defer(() => Deno.remove(folder, { recursive: true }));
  const kafka = resources.use(connectKafka({ brokers, clientId: topic, logger: silentLogger }));
  await kafka.ensureTopics(
    [topic, deadLetterTopic(topic)].map((name) => (
      { name, partitions: 1, replicationFactor: 1, config: {} }
    )),
  );
  const codec = await AvroTradeCodec.create({ registry: new MemoryRegistry(), topic });
  const sentMs = new Float64Array(load.frames);
  await using feed = new TimedFeed(load, sentMs);
  const stop = new AbortController();
  const reading = readBack(kafka.log(), codec, topic, sentMs);
  const ingesting = runIngest({
    source: new FinnhubClient({
      apiUrl: feed.url,
      key: new Secret("any"),
      symbols: ["AAPL"],
      producerId: topic,
      openSocket: openWebSocket,
      clock: systemClock,
      random: systemRandom,
      logger: silentLogger,
    }),
    spool: await openSpool(load.spool, folder, resources),
    appender: resources.use(kafka.appender()),
    codec: () => Promise.resolve(codec),
    topic,
    clock: systemClock,
    random: systemRandom,
    logger: silentLogger,
    signal: stop.signal,
  });
  const report = await reading;
  stop.abort();
  await ingesting;
  return report;
}

async function openSpool(
  kind: SpoolKind,
  folder: string,
  resources: AsyncDisposableStack,
): Promise<Spool> {
  if (kind === "memory") return memorySpool(systemClock);
  const queue = await LevelQueue.open(`${folder}/spool`);
  const limits = { bytesMax: 2 ** 30, ageMsMax: Infinity, whenFull: "stop" } as const;
  return new Spool(resources.use(queue), limits, systemClock);
}

/** Reads until every frame's record is there; a record's first price is its frame's number. */
async function readBack(
  log: RecordLog,
  codec: AvroTradeCodec,
  topic: string,
  sentMs: Float64Array,
): Promise<IngestReport> {
  const latenciesMs = new Float64Array(sentMs.length);
  await using reader = log.open({ topic, partition: 0 }, { offset: 0 });
  for (let read = 0; read < sentMs.length;) {
    const { records } = await reader.next(AbortSignal.timeout(60_000));
    const nowMs = performance.now();
    await codec.prepare(records);
    for (const { value } of records) {
      const [first] = value === null ? [] : codec.decode(value);
      if (first === undefined) throw new Error("a record without a trade");
      latenciesMs[first.price] = nowMs - (sentMs[first.price] ?? NaN);
      read++;
    }
  }
  return { latenciesMs, totalMs: performance.now() - (sentMs[0] ?? NaN) };
}

/** A server that sends numbered frames at a steady pace and notes when. */
class TimedFeed implements AsyncDisposable {
  readonly #load: IngestLoad;
  readonly #sentMs: Float64Array;
  readonly #http: Deno.HttpServer<Deno.NetAddr>;
  #begun = false;

  constructor(load: IngestLoad, sentMs: Float64Array) {
    this.#load = load;
    this.#sentMs = sentMs;
    this.#http = Deno.serve({ port: 0, hostname: "127.0.0.1", onListen() {} }, (request) => {
      const { socket, response } = Deno.upgradeWebSocket(request);
      socket.onmessage = () => void this.#play(socket);
      socket.onerror = () => {};
      return response;
    });
  }

  get url(): string {
    return `ws://127.0.0.1:${this.#http.addr.port}?token=`;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#http.shutdown();
  }

  async #play(socket: WebSocket): Promise<void> {
    if (this.#begun) return;
    this.#begun = true;
    const { frames, framesPerSecond } = this.#load;
    const startedMs = performance.now();
    for (let next = 0; next < frames;) {
      const dueByNow = Math.floor((performance.now() - startedMs) / 1000 * framesPerSecond) + 1;
      const until = Math.min(frames, framesPerSecond === Infinity ? next + 500 : dueByNow);
      for (; next < until; next++) this.#send(socket, next);
      await systemClock.sleep(framesPerSecond === Infinity ? 0 : burstMs);
      while (socket.bufferedAmount > 1_000_000) await systemClock.sleep(1);
    }
  }

  #send(socket: WebSocket, number: number): void {
    const data = Array.from({ length: this.#load.tradesPerFrame }, (_, index) => ({
      c: ["1"],
      p: index === 0 ? number : 187.5,
      s: "AAPL",
      t: Date.now(),
      v: 3,
    }));
    this.#sentMs[number] = performance.now();
    socket.send(JSON.stringify({ data, type: "trade" }));
  }
}
