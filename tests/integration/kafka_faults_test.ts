/** What the Kafka adapter makes of connections that are cut at the worst moment. */
import assert from "node:assert/strict";
import { silentLogger } from "../../src/base/logger.ts";
import { KafkaAppender } from "../../src/kafka/write/appender.ts";
import { KafkaCommitLog } from "../../src/kafka/write/commit_log.ts";
import type { Cluster } from "../../src/kafka/cluster/cluster.ts";
import { KafkaLog } from "../../src/kafka/read/log.ts";
import type { RecordLog } from "../../src/streams/ports.ts";
import { KafkaMembership } from "../../src/kafka/group/membership.ts";
import type { HeldState, TaskAssignment, Transaction } from "../../src/streams/ports.ts";
import type { TopicPartition } from "../../src/streams/record.ts";
import {
  patience,
  readAll,
  readCount,
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
  type TestClusterOptions,
  testProxy,
  transactionOptions,
} from "../support/kafka_harness.ts";
import { apiKeys, type KafkaProxy } from "../support/kafka_proxy.ts";

const ignore = kafkaBrokers().length === 0;

interface FaultTest {
  readonly proxy: KafkaProxy;
  /** Connections through the proxy. */
  readonly cluster: Cluster;
  /** A log of its own connections, for checks. */
  readonly log: RecordLog;
  topic(partitions?: number): Promise<string>;
}

function faultTest(
  name: string,
  run: (test: FaultTest) => Promise<void>,
  options: TestClusterOptions = {},
): void {
  Deno.test({
    name,
    ignore,
    async fn() {
      await using kafka = connectTestKafka();
      await using proxy = testProxy();
      await using cluster = testCluster(proxy.port, options);
      const topic = (partitions = 1) => createTestTopic(kafka, partitions);
      await run({ proxy, cluster, log: kafka.log(), topic });
    },
  });
}

interface CommitTest {
  readonly test: FaultTest;
  readonly commits: KafkaCommitLog;
  /** Sees and fences by its own connections. */
  readonly observer: KafkaCommitLog;
  readonly input: TopicPartition;
  readonly changelog: TopicPartition;
  transaction(inputOffset: number, value: string): Transaction;
}

function commitTest(
  name: string,
  run: (test: CommitTest) => Promise<void>,
  options: TestClusterOptions = {},
): void {
  faultTest(name, async (test) => {
    const application = uniqueName("app");
    const input = { topic: await test.topic(), partition: 0 };
    const changelog = { topic: await test.topic(), partition: 0 };
    await using straight = testCluster();
    await run({
      test,
      commits: new KafkaCommitLog(test.cluster, application, realTiming, {
        ...transactionOptions,
        commitTimeoutMs: 4_000,
      }),
      observer: new KafkaCommitLog(straight, application, realTiming, transactionOptions),
      input,
      changelog,
      transaction: (inputOffset, value) => ({
        records: [textRecord(changelog, "k", value)],
        changelog,
        input,
        inputOffset,
        metadata: (position) => `${position}`,
      }),
    });
  }, options);
}

const appenderOptions = { ...transactionOptions, deliveryTimeoutMs: 10_000 };

faultTest("KafkaAppender writes once when the answer to a produce is lost", async (test) => {
  const place = { topic: await test.topic(), partition: 0 };
  await using appender = new KafkaAppender(test.cluster, realTiming, appenderOptions);
  await appender.append([textRecord(place, "k", "first")]);
  test.proxy.interfere(apiKeys.produce, "lose-answer", 2);
  await appender.append([textRecord(place, "k", "second"), textRecord(place, "k", "third")]);
  assert.deepEqual(valuesOf(await readAll(test.log, place)), ["first", "second", "third"]);
});

faultTest(
  "KafkaAppender gives up with LOG_UNAVAILABLE and works again afterwards",
  async (test) => {
    const place = { topic: await test.topic(), partition: 0 };
    await using appender = new KafkaAppender(test.cluster, realTiming, {
      ...appenderOptions,
      deliveryTimeoutMs: 500,
    });
    test.proxy.isolate();
    await assert.rejects(appender.append([textRecord(place, "k", "a")]), {
      code: "LOG_UNAVAILABLE",
    });
    test.proxy.heal();
    await appender.append([textRecord(place, "k", "b")]);
    assert.deepEqual(valuesOf(await readAll(test.log, place)), ["b"]);
  },
);

/** False for an older broker, too, which then gets the requests of explicit transactions. */
async function hasTransactionsV2(cluster: Cluster): Promise<boolean> {
  const level = await cluster.onAny(({ features }) =>
    Promise.resolve(features?.get("transaction.version") ?? 0)
  );
  return level >= 2;
}

const requestsOf = {
  explicit: ["produce", "addPartitions", "addOffsets", "commitOffset", "endTransaction"],
  v2: ["produce", "commitOffset", "endTransaction"],
} as const;

for (const kind of ["explicit", "v2"] as const) {
  for (const request of requestsOf[kind]) {
    for (const verdict of ["lose-answer", "drop", "halve-answer"] as const) {
      commitTest(
        `TransactionWriter commits once when ${request} meets ${verdict}, ${kind}`,
        async ({ test, commits, observer, input, changelog, transaction }) => {
          await using writer = await commits.fence(input);
          await writer.commit(transaction(1, "a"));
          test.proxy.interfere(apiKeys[request], verdict, 1);
          await writer.commit(transaction(2, "b"));
          const newEpoch = await hasTransactionsV2(test.cluster);
          assert.equal(writer.spent, !newEpoch, "the first copy may still arrive");
          await using next = writer.spent ? await commits.fence(input) : writer;
          const position = await next.commit(transaction(3, "c"));
          assert.deepEqual(await observer.committed(input), { offset: 3, metadata: `${position}` });
          assert.deepEqual(valuesOf(await readCount(test.log, changelog, 3)), ["a", "b", "c"]);
          assert.equal((await readAll(test.log, changelog)).length, 3);
        },
        { transactionsV2: kind === "v2" },
      );
    }
  }
}

commitTest(
  "TransactionWriter says COMMIT_UNKNOWN when no answer to the end comes, and it was committed",
  async ({ test, commits, observer, input, changelog, transaction }) => {
    await using writer = await commits.fence(input);
    test.proxy.interfere(apiKeys.endTransaction, "lose-answer");
    await assert.rejects(writer.commit(transaction(7, "a")), { code: "COMMIT_UNKNOWN" });
    await using _next = await observer.fence(input);
    assert.equal((await observer.committed(input))?.offset, 7);
    assert.deepEqual(valuesOf(await readAll(test.log, changelog)), ["a"]);
  },
);

commitTest(
  "TransactionWriter says COMMIT_UNKNOWN when the end may have arrived, and it was aborted",
  async ({ test, commits, observer, input, changelog, transaction }) => {
    await using writer = await commits.fence(input);
    test.proxy.interfere(apiKeys.endTransaction, "drop");
    await assert.rejects(writer.commit(transaction(7, "a")), { code: "COMMIT_UNKNOWN" });
    assert.deepEqual(await observer.positions(), [], "a start reads them before it fences");
    await using _next = await observer.fence(input);
    assert.equal(await observer.committed(input), undefined);
    assert.deepEqual(await readAll(test.log, changelog), []);
  },
);

commitTest(
  "TransactionWriter says LOG_UNAVAILABLE when the records did not arrive, and nothing is seen",
  async ({ test, commits, observer, input, changelog, transaction }) => {
    await using writer = await commits.fence(input);
    test.proxy.interfere(apiKeys.produce, "lose-answer");
    await assert.rejects(writer.commit(transaction(7, "a")), { code: "LOG_UNAVAILABLE" });
    await using next = await observer.fence(input);
    assert.equal(await observer.committed(input), undefined);
    await next.commit(transaction(8, "b"));
    assert.deepEqual(valuesOf(await readCount(test.log, changelog, 1)), ["b"]);
  },
);

commitTest(
  "TransactionWriter says LOG_FENCED when a newer owner came while its answer was lost",
  async ({ test, commits, observer, input, transaction }) => {
    await using writer = await commits.fence(input);
    test.proxy.interfere(apiKeys.endTransaction, "drop");
    const commit = writer.commit(transaction(7, "a"));
    const expected = assert.rejects(commit, { code: "LOG_FENCED" });
    await new Promise((resolve) => setTimeout(resolve, 300));
    await using _next = await observer.fence(input);
    test.proxy.heal();
    await expected;
    assert.equal(await observer.committed(input), undefined);
  },
);

commitTest(
  "KafkaCommitLog.fence() says LOG_UNAVAILABLE while Kafka is away, and works again",
  async ({ test, commits, input, transaction }) => {
    test.proxy.isolate();
    await assert.rejects(commits.fence(input), { code: "LOG_UNAVAILABLE" });
    await assert.rejects(commits.committed(input), { code: "LOG_UNAVAILABLE" });
    test.proxy.heal();
    await using writer = await commits.fence(input);
    await writer.commit(transaction(1, "a"));
  },
);

for (const verdict of ["lose-answer", "drop", "halve-answer"] as const) {
  faultTest(`KafkaLog reads everything once when fetches meet ${verdict}`, async (test) => {
    const place = { topic: await test.topic(), partition: 0 };
    await using appender = new KafkaAppender(test.cluster, realTiming, appenderOptions);
    const values = Array.from({ length: 3_000 }, (_, i) => `v${i}`);
    await appender.append(values.map((value) => textRecord(place, "k", value)));
    await using log = new KafkaLog(testCluster(test.proxy.port), realTiming, {
      ...readOptions,
      maxBytesPerPartition: 10_000,
      unavailableAfterMs: 20_000,
    });
    await using reader = log.open(place, { offset: 0 });
    test.proxy.interfere(apiKeys.fetch, verdict, 2);
    assert.deepEqual(valuesOf((await readUntil(reader, values.length)).records), values);
  });
}

faultTest("KafkaLog tells of a broker that is away, and goes on when it is back", async (test) => {
  const place = { topic: await test.topic(), partition: 0 };
  await using log = new KafkaLog(testCluster(test.proxy.port), realTiming, readOptions);
  await using reader = log.open(place, { offset: 0 });
  test.proxy.isolate();
  await assert.rejects(reader.next(patience()), { code: "LOG_UNAVAILABLE" });
  test.proxy.heal();
  await using appender = new KafkaAppender(test.cluster, realTiming, appenderOptions);
  await appender.append([textRecord(place, "k", "back")]);
  const read = async (): Promise<unknown> => {
    try {
      return valuesOf((await reader.next(patience())).records);
    } catch {
      return await read();
    }
  };
  assert.deepEqual(await read(), ["back"]);
});

/** Writes down what a member is told, and lets a test wait for it. */
class Told {
  readonly calls: string[] = [];

  held(): Promise<ReadonlyMap<number, HeldState>> {
    return Promise.resolve(new Map());
  }

  assigned({ active }: TaskAssignment): Promise<void> {
    return this.#note(`assigned ${active.join()}`);
  }

  lost(): Promise<void> {
    return this.#note("lost");
  }

  async until(call: string, count = 1): Promise<void> {
    const signal = patience();
    while (this.calls.filter((made) => made === call).length < count) {
      assert.ok(!signal.aborted, `waited in vain for ${call}: ${this.calls.join(" | ")}`);
      await new Promise((resolve) => setTimeout(resolve, 20));
    }
  }

  #note(call: string): Promise<void> {
    this.calls.push(call);
    return Promise.resolve();
  }
}

function member(
  port: number | undefined,
  groupId: string,
  identityFile?: string,
): KafkaMembership {
  return new KafkaMembership(() => testCluster(port), realTiming, silentLogger, {
    groupId,
    sessionTimeoutMs: 6_000,
    rebalanceTimeoutMs: 10_000,
    heartbeatIntervalMs: 200,
    standbyReplicas: 0,
    ...(identityFile === undefined ? {} : { identityFile }),
  });
}

faultTest("KafkaMembership keeps its place over cut heartbeats", async (test) => {
  const topic = await test.topic(2);
  const told = new Told();
  const stop = new AbortController();
  const running = member(test.proxy.port, uniqueName("group")).run(topic, told, stop.signal);
  await told.until("assigned 0,1");
  test.proxy.interfere(apiKeys.heartbeat, "lose-answer", 3);
  await new Promise((resolve) => setTimeout(resolve, 1_500));
  stop.abort();
  await running;
  assert.deepEqual(told.calls, ["assigned 0,1", "assigned "]);
});

faultTest("KafkaMembership waits for a Kafka that is away when it starts", async (test) => {
  const topic = await test.topic(2);
  const told = new Told();
  const stop = new AbortController();
  test.proxy.isolate();
  const running = member(test.proxy.port, uniqueName("group")).run(topic, told, stop.signal);
  await new Promise((resolve) => setTimeout(resolve, 4_000));
  test.proxy.heal();
  await told.until("assigned 0,1");
  stop.abort();
  await running;
});

faultTest("KafkaMembership joins in spite of cut joins", async (test) => {
  const topic = await test.topic(2);
  const told = new Told();
  const stop = new AbortController();
  test.proxy.interfere(apiKeys.joinGroup, "lose-answer", 1);
  const running = member(test.proxy.port, uniqueName("group")).run(topic, told, stop.signal);
  await told.until("assigned 0,1");
  stop.abort();
  await running;
});

faultTest(
  "KafkaMembership says lost when its session ended, and joins again",
  async (test) => {
    const topic = await test.topic(2);
    const told = new Told();
    const stop = new AbortController();
    const running = member(test.proxy.port, uniqueName("group")).run(topic, told, stop.signal);
    await told.until("assigned 0,1");
    test.proxy.isolate();
    await told.until("lost");
    test.proxy.heal();
    await told.until("assigned 0,1", 2);
    stop.abort();
    await running;
    assert.deepEqual(told.calls, ["assigned 0,1", "lost", "assigned 0,1", "assigned "]);
  },
);

faultTest(
  "KafkaMembership takes over at once from a member that crashed on the same machine",
  async (test) => {
    const topic = await test.topic(2);
    const groupId = uniqueName("group");
    const dir = await Deno.makeTempDir();
    const file = `${dir}/identity`;
    const remembered = async () => JSON.parse(await Deno.readTextFile(file));
    const crashed = new Told();
    const crash = new AbortController();
    const running = member(test.proxy.port, groupId, file).run(topic, crashed, crash.signal);
    await crashed.until("assigned 0,1");
    test.proxy.isolate();
    crash.abort();
    await running;
    const { instance, memberId } = await remembered();
    assert.notEqual(memberId, undefined);
    const startedMs = performance.now();
    const told = new Told();
    const stop = new AbortController();
    const next = member(undefined, groupId, file).run(topic, told, stop.signal);
    await told.until("assigned 0,1");
    assert.ok(performance.now() - startedMs < 3_000, "must not wait for the session's end");
    stop.abort();
    await next;
    assert.deepEqual(await remembered(), { instance });
    await Deno.remove(dir, { recursive: true });
  },
);
