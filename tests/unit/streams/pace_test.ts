/** Tasks that send events to each other read their inputs at the same pace. */
import assert from "node:assert/strict";
import { silentLogger } from "../../../src/base/logger.ts";
import { parseCommitMetadata } from "../../../src/streams/commit/commit_metadata.ts";
import { Pace } from "../../../src/streams/processing/pace.ts";
import { arrivedParts, progressOf } from "../../../src/streams/repartition_record.ts";
import { metaKey } from "../../../src/streams/state/store_keys.ts";
import { TaskPace } from "../../../src/streams/task/task_pace.ts";
import {
  SimulatedClock,
  type TestInput,
  TopologyTestDriver,
} from "../../../src/streams/testing/mod.ts";
import { countingTopology } from "../../support/counting_topology.ts";

const startMs = 2_000_000_000;
const keys = ["a", "b", "c", "d", "e"];

async function startDriver({ graceMs }: { readonly graceMs: number } = { graceMs: 60_000 }) {
  const retentionMs = graceMs + 20_000;
  const job = countingTopology({ repartition: true, graceMs, retentionMs });
  return await TopologyTestDriver.start(job, { startMs, partitions: 2 });
}

/** Records without keys, one each second up to now, in the partitions that are named in turn. */
function keyless(count: number, ...partitions: readonly number[]): TestInput[] {
  return Array.from({ length: count }, (_, i) => {
    const timeMs = startMs - (count - i) * 1_000;
    const value = JSON.stringify([{ key: keys[i % keys.length], timeMs, value: 1 }]);
    const partition = partitions[i % partitions.length] ?? 0;
    return { key: null, value, timestampMs: timeMs, partition };
  });
}

/** What was sent on is processed after one commit, and committed by the next. */
async function commitTwice(driver: Awaited<ReturnType<typeof startDriver>>): Promise<void> {
  await driver.commit();
  await driver.commit();
}

function commitsOf(driver: Awaited<ReturnType<typeof startDriver>>): unknown[] {
  return driver.changelog.filter(({ key }) => key?.toHex() === metaKey.toHex());
}

Deno.test("A backlog without keys makes no event late, however far it reaches", async () => {
  await using driver = await startDriver();
  await driver.pipe(...keyless(2_000, 0, 1));
  await commitTwice(driver);
  const { aggregated, late, rekeyed } = driver.counts;
  assert.deepEqual({ aggregated, late }, { aggregated: 2_000, late: 0 });
  assert.ok(rekeyed > 600, `${rekeyed}`);
});

Deno.test("A task that is up to date waits for one that catches up", async () => {
  await using driver = await startDriver({ graceMs: 30_000 });
  const all = keyless(100, 0, 1);
  await driver.pipe(...all.slice(0, 10));
  await driver.commit();
  const [behind, upToDate] = [all.slice(10), all.slice(-3)];
  await driver.pipe(...behind.map((input) => ({ ...input, partition: 0 })));
  await driver.pipe(...upToDate.map((input) => ({ ...input, partition: 1 })));
  await commitTwice(driver);
  const { aggregated, late } = driver.counts;
  assert.deepEqual({ aggregated, late }, { aggregated: 103, late: 0 });
});

Deno.test("A task that takes much in one read counts as behind until it has taken it all", async () => {
  await using driver = await startDriver();
  driver.log.readRecordsMax = 5_000;
  const all = keyless(2_020, 0, 1);
  await driver.pipe(...all.slice(0, 20));
  await driver.commit();
  const gate = Promise.withResolvers<void>();
  let commits = 0;
  driver.log.hook = async (step, { partition }) => {
    if (step === "before-end" && partition === 0 && ++commits === 2) await gate.promise;
  };
  await driver.pipe(...all.slice(20).map((input) => ({ ...input, partition: 0 })));
  await driver.pipe(...all.slice(-3).map((input) => ({ ...input, partition: 1 })));
  gate.resolve();
  await commitTwice(driver);
  const { aggregated, late } = driver.counts;
  assert.deepEqual({ aggregated, late }, { aggregated: 2_023, late: 0 });
});

Deno.test("A task does not wait for one that has read all that there was", async () => {
  await using driver = await startDriver();
  const all = keyless(1_020, 0, 1);
  await driver.pipe(...all.slice(0, 20));
  await commitTwice(driver);
  await driver.pipe(...all.slice(20).map((input) => ({ ...input, partition: 0 })));
  await commitTwice(driver);
  assert.equal(driver.counts.aggregated, 1_020);
});

Deno.test("A task does not wait for one that has nothing to read", async () => {
  await using driver = await startDriver();
  await driver.pipe(...keyless(1_000, 0));
  await commitTwice(driver);
  assert.equal(driver.counts.aggregated, 1_000);
});

Deno.test("A task reads on at once when those it waited for have said how far they are", async () => {
  await using driver = await startDriver({ graceMs: 3_600_000 });
  driver.log.readRecordsMax = 50;
  await driver.pipe(...keyless(1_000, 0, 1));
  await driver.advance(0);
  const { rekeyed } = driver.counts;
  assert.ok(rekeyed > 400, `${rekeyed}`);
  const { length } = commitsOf(driver);
  assert.ok(length < 50, `others are told of hours, not of each record: ${length} commits`);
});

Deno.test("A task that hears what it waits for does not wait once more, and looks for the next read", async () => {
  const [clock, input] = [new SimulatedClock(startMs), { topic: "in", partition: 1 }];
  const log = { bounds: () => Promise.resolve({ startOffset: 0, endOffset: 9 }) };
  const commitLog = { committed: () => Promise.resolve(undefined) };
  const repartition = { topic: "test-repartition", partition: 1, partitions: 2 };
  const pace = TaskPace.of(
    { log, commitLog, clock, logger: silentLogger },
    countingTopology({ graceMs: 60_000 }),
    { input, repartition },
    { behind: true },
    new Map([[repartition.topic, 1]]),
  );
  pace?.pace.readTo(startMs);
  pace?.pace.readTo(startMs + 1_000);
  const did: string[] = [];
  const whole = await pace?.othersHaveCaughtUp({
    signal: AbortSignal.timeout(10_000),
    goesOn: () => true,
    processSentOn() {
      did.push("hears");
      if (did.length > 2) pace.pace.heard(0, { timeMs: startMs, behind: true });
      return Promise.resolve();
    },
    commit: () => Promise.resolve(),
    wait: () => Promise.resolve(void did.push("waits")),
    ring: () => void did.push("rings"),
  });
  assert.ok(whole);
  assert.deepEqual(did, ["hears", "waits", "hears", "rings"]);
});

Deno.test.each([
  { where: "results of a key are never final", job: { unwindowed: true } },
  { where: "several inputs are taken in the order of their times", job: { joins: true } },
])("A task waits for no other where $where", async ({ job }) => {
  const topology = countingTopology({ repartition: true, ...job });
  await using driver = await TopologyTestDriver.start(topology, { startMs, partitions: 2 });
  await driver.rebalance([[0]]);
  await driver.pipe(...keyless(2_000, 0, 1));
  await commitTwice(driver);
  assert.equal(driver.tasks()[0]?.lagRecords, 0);
});

Deno.test("A task waits for one that says nothing for ten seconds and no longer", async () => {
  await using driver = await startDriver();
  await driver.rebalance([[0]]);
  await driver.pipe(...keyless(2_000, 0, 1));
  await driver.advance(9_000);
  const { lagRecords } = driver.tasks()[0] ?? {};
  assert.ok((lagRecords ?? 0) > 900, `it waits: ${lagRecords}`);
  await driver.advance(2_000);
  await driver.commit();
  assert.equal(driver.tasks()[0]?.lagRecords, 0);
});

Deno.test("A task says how far it is with the first events that it sends on", async () => {
  await using driver = await startDriver();
  const events = keys.map((key) => ({ key, timeMs: startMs, value: 1 }));
  await driver.pipe({ key: null, value: JSON.stringify(events), partition: 0 });
  await driver.commit();
  const parts = driver.log.visible("test-repartition").flatMap((record) => arrivedParts(record));
  const said = parts.flatMap((part) => part?.keys.length === 0 ? [progressOf(part.value)] : []);
  assert.deepEqual(said, [{ timeMs: startMs, behind: false }]);
});

Deno.test("A task that waits commits what it has, once, and none of it as its last", async () => {
  await using driver = await startDriver();
  await driver.rebalance([[0]]);
  await driver.pipe(...keyless(2_000, 0, 1));
  const before = commitsOf(driver).length;
  await driver.advance(9_000);
  assert.equal(commitsOf(driver).length, before);
  const place = { topic: "input", partition: 0 };
  const committed = await driver.log.commitLogOf("test").committed(place);
  const { closed = "unknown" } = parseCommitMetadata(committed?.metadata) ?? {};
  assert.ok(!closed);
});

Deno.test("A task that waits notices at once that its commit has failed", async () => {
  await using driver = await startDriver();
  await driver.rebalance([[0]]);
  driver.failNext("store-apply", { times: Infinity });
  await driver.pipe(...keyless(2_000, 0, 1));
  assert.equal(driver.tasks()[0]?.code, "STORE_UNAVAILABLE");
});

Deno.test("A task that waits ends at once when it is told to, and loses nothing", async () => {
  await using driver = await startDriver();
  await driver.rebalance([[0]]);
  await driver.pipe(...keyless(2_000, 0, 1));
  await driver.stop();
  await driver.rebalance([[0, 1]]);
  await driver.restart();
  for (let i = 0; i < 3; i++) await driver.commit();
  const { aggregated, read } = driver.counts;
  assert.deepEqual({ aggregated, read }, { aggregated: 2_000, read: 2_000 });
});

Deno.test("Nothing waits where every record lies with its key", async () => {
  await using driver = await startDriver();
  const inputs = keyless(1_000, 0).map((input) => {
    const [{ key }] = JSON.parse(input.value as string);
    return { ...input, key, partition: undefined };
  });
  await driver.pipe(...inputs.map(({ partition: _, ...input }) => input));
  await driver.commit();
  assert.equal(driver.counts.aggregated, 1_000);
  assert.deepEqual(driver.log.visible("test-repartition"), []);
});

const behind = { behind: true };
const done = { behind: false };

function paceOf(options: { readonly partitions?: number; readonly inUse?: boolean } = {}): Pace {
  const { partitions = 3, inUse = false } = options;
  return new Pace({ partition: 1, partitions }, { graceMs: 60_000, inUse });
}

Deno.test("Pace allows half of the grace ahead of the last that has more to read", () => {
  const pace = paceOf();
  pace.readTo(100_000);
  pace.heard(0, { timeMs: 70_000, behind: true });
  pace.heard(2, { timeMs: 10_000, behind: false });
  assert.ok(!pace.isAhead(done));
  pace.readTo(100_001);
  assert.ok(pace.isAhead(done));
  pace.heard(0, { timeMs: 80_000, behind: true });
  assert.ok(!pace.isAhead(done));
  pace.heard(2, { timeMs: 10_000, behind: true });
  assert.ok(pace.isAhead(done));
});

Deno.test("Pace gives up those who hold it up, until they say something", () => {
  const pace = paceOf({ partitions: 5 });
  pace.readTo(100_000);
  pace.heard(2, { timeMs: 69_999, behind: true });
  pace.heard(3, { timeMs: 70_000, behind: true });
  pace.heard(4, { timeMs: 0, behind: false });
  assert.deepEqual(
    pace.waitNoLonger(),
    [0, 2],
    "one has said nothing, the other is too far behind",
  );
  assert.ok(!pace.isAhead(behind));
  pace.readTo(100_001);
  assert.deepEqual(pace.waitNoLonger(), [3]);
  pace.readTo(200_000);
  assert.ok(!pace.isAhead(behind));
  pace.heard(2, { timeMs: 169_999, behind: true });
  assert.ok(pace.isAhead(behind));
});

Deno.test("Pace takes news of other partitions, each once", () => {
  const pace = paceOf();
  for (const partition of [1, 3]) pace.heard(partition, { timeMs: 0, behind: true }); // itself, none
  assert.deepEqual([pace.inUse, pace.news], [false, 0]);
  for (const _ of [1, 2]) pace.heard(0, { timeMs: 1_000, behind: true });
  assert.deepEqual([pace.inUse, pace.news, pace.unknown], [true, 1, [2]]);
  pace.heard(0, { timeMs: 1_000, behind: false });
  pace.heard(0, { timeMs: 2_000, behind: false });
  assert.equal(pace.news, 3);
});

Deno.test("Pace waits for those who have said nothing only where it has more to read itself", () => {
  const pace = paceOf({ inUse: true });
  pace.readTo(1_000);
  assert.ok(!pace.isAhead(behind));
  pace.readTo(1_001);
  assert.deepEqual([pace.isAhead(done), pace.isAhead(behind)], [false, true]);
});

Deno.test("Pace says how far it is while there is more, where events are sent on, and that it is done", () => {
  const pace = paceOf();
  pace.readTo(5_000);
  assert.equal(pace.say(behind), undefined, "nothing was sent on, by no one");
  pace.heard(0, { timeMs: 5_000, behind: true });
  assert.deepEqual(pace.say(behind), { timeMs: 5_000, behind: true });
  assert.equal(pace.say(behind), undefined, "that is known");
  pace.readTo(20_001);
  assert.ok(pace.isDue);
  assert.deepEqual(pace.say(done), { timeMs: 20_001, behind: false });
  pace.readTo(90_000);
  assert.deepEqual([pace.say(done), pace.owes(done)], [undefined, false]);
  pace.sentOn();
  assert.deepEqual(pace.say(done), { timeMs: 90_000, behind: false });
  pace.readTo(95_000);
  assert.ok(!pace.owes(done), "nothing was sent on since");
});

Deno.test("Pace owes nothing where it has read nothing, or all of it and nothing was sent on", () => {
  const pace = paceOf({ inUse: true });
  assert.ok(!pace.owes(behind));
  pace.readTo(5_000);
  assert.deepEqual([pace.owes(behind), pace.owes(done)], [true, false]);
});

Deno.test("Pace is due half of what others may be ahead from where it began, and from what it said", () => {
  const pace = paceOf({ inUse: true });
  const isDueAt = (timeMs: number) => {
    pace.readTo(timeMs);
    return pace.isDue;
  };
  assert.ok(!pace.isDue);
  assert.deepEqual([10_000, 25_000, 25_001].map(isDueAt), [false, false, true]);
  pace.say(behind);
  assert.deepEqual([40_001, 40_002, 10_000].map(isDueAt), [false, true, true]);
  const unused = paceOf();
  for (const timeMs of [0, 90_000]) unused.readTo(timeMs);
  assert.ok(!unused.isDue, "no one sends anything on");
});
