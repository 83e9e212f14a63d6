/** A task that reads several topics: positions, order, and what has to fit together. */
import assert from "node:assert/strict";
import { type Job, job, merge, stream, text } from "../../../src/streams/mod.ts";
import { refuseOtherLineage } from "../../../src/streams/state/lineage.ts";
import { checkTopics } from "../../../src/streams/topology/check_topics.ts";
import { jobTopics } from "../../../src/streams/topology/job_topics.ts";
import { MemoryLog } from "../../../src/streams/testing/memory_log.ts";
import { identityHeaders } from "../../../src/streams/record_identity.ts";
import { type TestInput, TopologyTestDriver } from "../../../src/streams/testing/mod.ts";
import { readMs, startSlowReads } from "../../support/slow_reads.ts";

const startMs = 1_000_000;

/** What was said of each key, in the order in which it was taken. */
function talk(maxIdle: `${number}ms` = "0ms"): Job<string, string> {
  const said = merge(
    stream("first", text()),
    stream("second", text()).map((it) => it.toUpperCase()),
  )
    .groupByKey()
    .reduce("said", (before, next) => before + next);
  return job("talk", { maxIdle }).to("all", said);
}

const say = (topic: string, value: string, atMs = 0, key = "k"): TestInput => ({
  topic,
  key,
  value,
  timestampMs: startMs + atMs,
});

Deno.test("a job reads the topics of merged streams, each value once", async () => {
  await using driver = await TopologyTestDriver.start(talk(), { startMs });
  await driver.pipe(say("first", "a"));
  await driver.pipe(say("second", "b"));
  await driver.commit();
  assert.equal((await driver.value("k"))?.value, "aB");
  assert.deepEqual([driver.counts.read, driver.counts.aggregated], [2, 2]);
  const [place] = [{ topic: "second", partition: 0 }];
  assert.equal(driver.log.committedOffset("test", place), 1);
});

for (const state of ["kept", "deleted"] as const) {
  Deno.test(`a crash between two inputs, state ${state}, repeats and loses nothing`, async () => {
    await using driver = await TopologyTestDriver.start(talk(), { startMs });
    await driver.pipe(say("first", "a"), say("second", "b"));
    await driver.commit();
    await driver.pipe(say("second", "c", 1), say("first", "d", 2));
    driver.failNext("before-end", { error: "crash" });
    await driver.commit();
    await driver.crash(0, { state });
    await driver.restart();
    await driver.commit();
    assert.equal((await driver.value("k"))?.value, "aBCd");
    assert.equal(driver.counts.read, 4);
  });
}

Deno.test("records of several inputs are taken in the order of their timestamps", async () => {
  await using driver = await TopologyTestDriver.start(talk(), { startMs });
  await driver.crash();
  await driver.pipe(say("first", "d", 40), say("first", "e", 50), say("first", "f", 60));
  await driver.pipe(say("second", "a", 10), say("second", "b", 40), say("second", "g", 61));
  await driver.restart();
  await driver.commit();
  assert.equal((await driver.value("k"))?.value, "AdBefG"); // of equal times the first input's
});

Deno.test("what has arrived of several inputs is taken without another arrival", async () => {
  await using driver = await TopologyTestDriver.start(talk(), { startMs, pendingRowsMax: 1 });
  for (const [topic, other] of [["first", "second"], ["second", "first"]] as const) {
    await driver.crash();
    driver.log.readRecordsMax = 1;
    for (let i = 0; i < 9; i++) await driver.pipe(say(topic, "a", i));
    await driver.pipe(say(other, "z", 10));
    const before = driver.log.visible("all").length;
    await driver.restart();
    assert.equal(driver.log.visible("all").length - before, 10);
  }
});

Deno.test("what has arrived of several inputs is taken before the next commit is due", async () => {
  const taken: string[] = [];
  const noted = (topic: string) => stream(topic, text()).peek((value) => taken.push(value));
  const all = merge(noted("first"), noted("second")).groupByKey();
  await using driver = await TopologyTestDriver.start(job("talk").to("all", all), { startMs });
  driver.log.readRecordsMax = 1;
  await driver.pipe(
    ...[say("first", "b", 1), say("first", "e", 4)],
    ...[say("second", "a", 0), say("second", "c", 2), say("second", "d", 3)],
  );
  assert.deepEqual(taken, ["a", "b", "c", "d", "e"]);
});

Deno.test("an input that has more is waited for, whatever a fetch brings", async () => {
  await using driver = await TopologyTestDriver.start(talk(), { startMs });
  driver.log.readRecordsMax = 1;
  await driver.crash();
  await driver.pipe(...["a", "b", "c"].map((it, index) => say("second", it, index)));
  await driver.pipe(say("first", "z", 1_000));
  await driver.restart();
  await driver.commit();
  assert.equal((await driver.value("k"))?.value, "ABCz");
});

Deno.test("an input that has more is waited for, though its first read takes longer", async () => {
  await using driver = await TopologyTestDriver.start(talk(), { startMs });
  await driver.crash();
  await driver.pipe(say("first", "z", 1_000), say("second", "a"));
  const { open } = driver.log;
  driver.log.open = (place, from) => {
    const reader = open.call(driver.log, place, from);
    if (place.topic !== "second") return reader;
    return {
      async next(signal) {
        await driver.clock.sleep(100);
        return await reader.next(signal);
      },
      [Symbol.asyncDispose]: () => reader[Symbol.asyncDispose](),
    };
  };
  await driver.restart();
  await driver.commit();
  assert.equal((await driver.value("k"))?.value, "Az");
});

Deno.test("maxIdle waits for an input that is at its end, and no longer", async () => {
  await using driver = await TopologyTestDriver.start(talk("300ms"), { startMs });
  await driver.pipe(say("first", "b", 20));
  await driver.advance(200);
  await driver.pipe(say("second", "a", 10));
  await driver.advance(1_300);
  assert.equal((await driver.value("k"))?.value, "Ab");
  await driver.pipe(say("first", "d", 40));
  await driver.advance(1_400);
  await driver.pipe(say("second", "c", 30));
  await driver.advance(1_400);
  assert.equal((await driver.value("k"))?.value, "AbdC");
});

Deno.test("a task that has much to read of several inputs commits in between, on time", async () => {
  const slow = await startSlowReads(talk(), startMs);
  await using driver = slow.driver;
  const both = Array.from({ length: 25 }, (_, i) => [say("first", "a", i), say("second", "b", i)]);
  await driver.pipe(...both.flat());
  await driver.advance(3_000);
  assert.deepEqual(slow.beganMs, [1_000, 2_000, 50 * readMs]);
});

Deno.test("sequences of a producer are of each topic", async () => {
  await using driver = await TopologyTestDriver.start(talk(), { startMs });
  const sent = (sequence: number, record: TestInput) => ({
    ...record,
    headers: identityHeaders({ producerId: "p", sequence }),
  });
  await driver.pipe(sent(2, say("first", "a")));
  await driver.pipe(sent(1, say("second", "b")));
  await driver.pipe(sent(1, say("second", "b")));
  await driver.commit();
  assert.equal((await driver.value("k"))?.value, "aB");
  assert.equal(driver.counts.duplicates, 1);
});

Deno.test("lag counts what waits in every input", async () => {
  await using driver = await TopologyTestDriver.start(talk(), { startMs });
  await driver.pipe(say("first", "a"), say("second", "b"), say("second", "c"));
  assert.equal(driver.tasks()[0]?.lagRecords, 3);
  await driver.commit();
  assert.equal(driver.tasks()[0]?.lagRecords, 0);
});

Deno.test("streams of one topic cannot be merged", () => {
  assert.throws(() => merge(stream("a", text()), stream("a", text())), /different topics: a,a/);
});

/** Why the first task of a driver has stopped. */
function problemOf(driver: TopologyTestDriver<string, string, never>): string {
  return driver.tasks()[0]?.problem ?? "";
}

Deno.test("a position that others set in a further input stops the task", async () => {
  await using driver = await TopologyTestDriver.start(talk(), { startMs });
  await driver.pipe(say("first", "a"), say("second", "b"));
  await driver.commit();
  await driver.crash();
  driver.log.commitOffset("test", { topic: "second", partition: 0 }, { offset: 0, metadata: "" });
  await driver.restart();
  assert.match(problemOf(driver), /second-0.*offset 1, the group committed 0/);
});

Deno.test("refuseOtherLineage() refuses a further input that is another one, or has grown", () => {
  const lineage = {
    topic: "first",
    topicId: "1",
    partitions: 1,
    changelogId: "c",
    repartitionId: "",
    others: [{ topic: "second", topicId: "2", partitions: 1 }],
  };
  const topics = { input: "first", changelog: "log", repartition: undefined, others: ["second"] };
  const grown = { ...lineage, others: [{ topic: "second", topicId: "2", partitions: 2 }] };
  assert.throws(() => refuseOtherLineage(lineage, grown, topics), { code: "PARTITIONS_CHANGED" });
  const another = { ...lineage, others: [{ topic: "second", topicId: "3", partitions: 1 }] };
  assert.throws(() => refuseOtherLineage(lineage, another, topics), { code: "TOPIC_REPLACED" });
  refuseOtherLineage(lineage, lineage, topics);
});

Deno.test("checkTopics() says which inputs do not fit together", async () => {
  const log = new MemoryLog();
  const topics = jobTopics("app", talk());
  for (const { name } of topics) log.createTopic(name, name === "second" ? 3 : 2);
  await assert.rejects(
    checkTopics(log, topics, 2),
    /Cannot use second as it must have as many partitions as the input \(2\), so that a key is in the same one of each: it has 3/,
  );
});
