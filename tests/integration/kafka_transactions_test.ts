/** What readers see of transactions and compaction on a real broker. */
import assert from "node:assert/strict";
import type { BatchOptions } from "../../src/kafka/write/batch_encoder.ts";
import type { Cluster } from "../../src/kafka/cluster/cluster.ts";
import type { KafkaConnection } from "../../src/kafka/connection.ts";
import type { ProducerIdentity } from "../../src/kafka/write/transaction_requests.ts";
import { KafkaLog } from "../../src/kafka/read/log.ts";
import type { RecordLog } from "../../src/streams/ports.ts";
import { ProducerSession } from "../../src/kafka/write/producer_session.ts";
import { Deadline } from "../../src/kafka/cluster/retry.ts";
import { TransactionClient } from "../../src/kafka/write/transaction_protocol.ts";
import type { LogRecord, TopicPartition } from "../../src/streams/record.ts";
import {
  patience,
  readAll,
  readUntil,
  textRecord,
  uniqueName,
  valuesOf,
} from "../contract/log_harness.ts";
import {
  connectTestKafka,
  createTestTopic,
  kafkaBrokers,
  readOptions,
  realTiming,
  testCluster,
  transactionOptions,
} from "../support/kafka_harness.ts";

const ignore = kafkaBrokers().length === 0;
type Compression = BatchOptions["compression"];

/** A transactional producer whose every step a test decides. */
class TestProducer {
  readonly #client: TransactionClient;
  readonly #identity: ProducerIdentity;
  readonly #session: ProducerSession;
  readonly #place: TopicPartition;

  private constructor(
    client: TransactionClient,
    identity: ProducerIdentity,
    session: ProducerSession,
    place: TopicPartition,
  ) {
    this.#client = client;
    this.#identity = identity;
    this.#session = session;
    this.#place = place;
  }

  static async open(
    cluster: Cluster,
    place: TopicPartition,
    compression: Compression = "none",
  ): Promise<TestProducer> {
    const transactionalId = uniqueName("producer");
    const client = new TransactionClient(cluster, transactionalId, "none");
    const identity = await client.init(60_000, deadline());
    const limits = { ...transactionOptions, compression };
    const session = new ProducerSession(cluster, identity, { transactionalId, limits });
    return new TestProducer(client, identity, session, place);
  }

  async send(key: string, values: readonly string[]): Promise<void> {
    await this.#client.addPartitions(this.#identity, [this.#place], deadline());
    const records = values.map((value) => ({
      ...textRecord(this.#place, key, value),
      partition: this.#place.partition,
    }));
    await this.#session.send(records, deadline());
  }

  /**
   * Ends the transaction and waits for its marker, so that the offset of what comes next is known:
   * the coordinator answers before it is written, but begins the next transaction only after.
   */
  async end(outcome: "commit" | "abort"): Promise<void> {
    await deadline().retry(() => this.#client.end(this.#identity, outcome));
    await this.#client.addPartitions(this.#identity, [this.#place], deadline());
  }
}

function deadline(): Deadline {
  return new Deadline(realTiming, 20_000);
}

interface LogTest {
  readonly kafka: KafkaConnection;
  readonly cluster: Cluster;
  readonly place: TopicPartition;
  /** Reads by tiny fetches, so that markers come in other answers than their records. */
  readonly tiny: KafkaLog;
}

function logTest(name: string, run: (test: LogTest) => Promise<void>): void {
  Deno.test({
    name,
    ignore,
    async fn() {
      await using kafka = connectTestKafka();
      // Whose every step can be made by itself.
      await using cluster = testCluster(undefined, { transactionsV2: false });
      await using tiny = new KafkaLog(testCluster(), realTiming, {
        ...readOptions,
        maxBytesPerPartition: 200,
      });
      const place = { topic: await createTestTopic(kafka, 1), partition: 0 };
      await run({ kafka, cluster, place, tiny });
    },
  });
}

/** Waits until everything in the partition is decided. */
async function settled(log: RecordLog, place: TopicPartition, endOffset: number): Promise<void> {
  const signal = patience();
  while ((await log.bounds(place)).endOffset < endOffset) {
    assert.ok(!signal.aborted, `${endOffset} is not decided`);
    await new Promise((resolve) => setTimeout(resolve, 10));
  }
}

logTest("KafkaLog drops aborted transactions from wherever it starts", async (test) => {
  const { cluster, place, tiny, kafka } = test;
  const a = await TestProducer.open(cluster, place);
  const b = await TestProducer.open(cluster, place, "zstd");
  await a.send("k", ["a0", "a1"]); // 0, 1
  await b.send("k", ["b2"]); // 2
  await a.send("\0\0\0\0", ["a3"]); // 3
  await a.end("abort"); // marker 4
  await b.send("\0\0\0\0", ["b5"]); // 5
  await b.end("commit"); // marker 6
  await a.send("k", ["a7"]); // 7
  await a.end("commit"); // marker 8
  await b.send("k", ["b9"]); // 9
  await b.end("abort"); // marker 10
  await a.send("k", ["a11"]); // 11
  await a.end("abort"); // marker 12
  const log = kafka.log();
  await settled(log, place, 13);
  const committed = [[2, "b2"], [5, "b5"], [7, "a7"]] as const;
  for (let from = 0; from <= 12; from++) {
    for (const reading of [log, tiny]) {
      const records = await readAll(reading, place, from);
      const seen = records.map(({ offset, value }) => [offset, value && text(value)]);
      assert.deepEqual(seen, committed.filter(([offset]) => offset >= from), `from ${from}`);
    }
  }
});

logTest(
  "KafkaLog stops before a transaction that is open, and goes on at its end",
  async (test) => {
    const { cluster, place, kafka } = test;
    const open = await TestProducer.open(cluster, place);
    await using appender = kafka.appender();
    await appender.append([textRecord(place, "k", "before")]);
    await open.send("k", ["open"]);
    await appender.append([textRecord(place, "k", "after")]);
    const log = kafka.log();
    assert.equal((await log.bounds(place)).endOffset, 1);
    await using reader = log.open(place, { offset: 0 });
    assert.deepEqual(valuesOf((await reader.next(patience())).records), ["before"]);
    const waiting = readUntil(reader, 4);
    await open.end("commit");
    assert.deepEqual(valuesOf((await waiting).records), ["open", "after"]);
  },
);

logTest("KafkaLog reaches the end of a partition that ends in markers only", async (test) => {
  const { cluster, place, tiny } = test;
  const producer = await TestProducer.open(cluster, place);
  for (let i = 0; i < 5; i++) {
    await producer.send("k", [`v${i}`]);
    await producer.end("abort");
  }
  await settled(tiny, place, 10);
  await using reader = tiny.open(place, { offset: 0 });
  const { records, position } = await readUntil(reader, 10);
  assert.deepEqual([records, position], [[], 10]);
});

logTest("KafkaLog reads what is written with each compression", async ({ place, kafka }) => {
  const log = kafka.log();
  for (const compression of ["none", "gzip", "zstd"] as const) {
    await using appender = kafka.appender({ compression });
    await appender.append([textRecord(place, "k", compression.repeat(50))]);
  }
  const values = valuesOf(await readAll(log, place));
  assert.deepEqual(values, ["none", "gzip", "zstd"].map((name) => name.repeat(50)));
});

Deno.test({
  name: "KafkaLog passes the gaps that compaction leaves",
  ignore,
  async fn() {
    await using kafka = connectTestKafka();
    const topic = await createTestTopic(kafka, 1, {
      "cleanup.policy": "compact",
      "segment.ms": "100",
      "min.cleanable.dirty.ratio": "0.01",
      "min.compaction.lag.ms": "0",
      "max.compaction.lag.ms": "200",
      "delete.retention.ms": "0",
    });
    const place = { topic, partition: 0 };
    await using appender = kafka.appender();
    for (let round = 0; round < 6; round++) {
      await appender.append(
        Array.from({ length: 20 }, (_, i) => ({
          ...textRecord(place, `key ${i % 5}`, `${round}.${i}`),
          timestampMs: Date.now(),
        })),
      );
      await new Promise((resolve) => setTimeout(resolve, 150));
    }
    const log = kafka.log();
    const signal = AbortSignal.timeout(60_000);
    let records: LogRecord[] = [];
    do {
      records = await readAll(log, place);
      await new Promise((resolve) => setTimeout(resolve, 500));
    } while (records.length === 120 && !signal.aborted);
    assert.ok(records.length < 120, "the broker must have compacted the topic");
    const last = new Map(records.map(({ key, value }) => [key && text(key), value && text(value)]));
    assert.deepEqual(last, new Map([0, 1, 2, 3, 4].map((i) => [`key ${i}`, `5.${15 + i}`])));
    for (const from of [1, 50, 99]) {
      const [first] = await readAll(log, place, from);
      assert.ok(first !== undefined && first.offset >= from);
    }
  },
});

function text(bytes: Uint8Array): string {
  return new TextDecoder().decode(bytes);
}
