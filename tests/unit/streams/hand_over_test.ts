import assert from "node:assert/strict";
import { writeCommitMetadata } from "../../../src/streams/commit/commit_metadata.ts";
import { formerOwnerIsDone, handOverMsMax } from "../../../src/streams/commit/hand_over.ts";
import type { CommittedOffset } from "../../../src/streams/ports.ts";
import { SimulatedClock } from "../../../src/streams/testing/simulated_clock.ts";
import { type CountingDriver, feed, startDriver, sumOf } from "../../support/counting_driver.ts";

const toTheSecond = [[], [0]];

async function startPair(): Promise<CountingDriver> {
  return await startDriver({ instances: 2 });
}

/** Events whose rows were written, repetitions included. */
function eventRows(driver: CountingDriver): number {
  return driver.rows.filter(({ kind }) => kind === "event").length;
}

Deno.test("formerOwnerIsDone() lets the former owner commit: nothing is done twice", async () => {
  await using driver = await startPair();
  await feed(driver, 1, 2, 4);
  await driver.rebalance(toTheSecond, { standbys: [[0], []], handedOver: toTheSecond });
  await driver.commit();
  assert.equal(await sumOf(driver), 7);
  assert.equal(eventRows(driver), 3);
  assert.equal(driver.tasks(1)[0]?.restore?.restoredRecords, driver.changelog.length);
});

Deno.test("formerOwnerIsDone() waits only while there is something to be committed", async () => {
  await using driver = await startPair();
  await feed(driver, 1);
  await driver.commit();
  const beforeMs = driver.clock.nowMs();
  await driver.rebalance(toTheSecond, { handedOver: toTheSecond });
  assert.equal(driver.tasks(1)[0]?.state, "running");
  assert.equal(driver.clock.nowMs(), beforeMs);
});

Deno.test("formerOwnerIsDone() is not waited for again by a task that fails later", async () => {
  await using driver = await startPair();
  await driver.rebalance(toTheSecond, { handedOver: toTheSecond });
  await feed(driver, 1);
  await driver.commit();
  driver.failNext("fetch", { instance: 1, error: "LOG_UNAVAILABLE" });
  await feed(driver, 2);
  assert.equal(driver.tasks(1)[0]?.state, "failed");
  await driver.advance(250);
  assert.equal(driver.tasks(1)[0]?.state, "running");
});

/** Waits for an owner whose commit is that, of an input that it has not read to its end. */
function waitFor(committed: CommittedOffset | Promise<CommittedOffset>) {
  const clock = new SimulatedClock();
  const seen = { clock, looks: 0, done: false };
  const look = () => {
    seen.looks += 1;
    return Promise.resolve(committed);
  };
  const waiting = formerOwnerIsDone(
    {
      clock,
      log: { bounds: () => Promise.resolve({ startOffset: 0, endOffset: 9 }) },
      commitLog: { committed: look },
    },
    { topic: "t", partition: 0 },
    new AbortController().signal,
  ).then(() => seen.done = true);
  return { seen, waiting };
}

Deno.test("formerOwnerIsDone() does not wait for long, and looks now and then", async () => {
  const { seen, waiting } = waitFor({ offset: 4, metadata: "of anybody" });
  await seen.clock.advance(handOverMsMax - 1);
  assert.ok(!seen.done);
  await seen.clock.advance(1);
  await waiting;
  assert.equal(seen.looks, 25); // at once, then each 20 ms
});

Deno.test("formerOwnerIsDone() does not wait for a position that no one can tell", async () => {
  const { seen, waiting } = waitFor(new Promise(() => {}));
  await seen.clock.advance(handOverMsMax);
  await waiting;
  assert.equal(seen.looks, 1);
});

Deno.test("formerOwnerIsDone() does not wait for an owner that has made its last commit", async () => {
  const lineage = {
    topic: "t",
    topicId: "t",
    partitions: 1,
    changelogId: "c",
    repartitionId: "",
  };
  const metadata = writeCommitMetadata({
    changelogPosition: 1,
    shownTo: 0,
    id: "x",
    leaderEpoch: undefined,
    lineage,
    closed: true,
  });
  const { seen, waiting } = waitFor({ offset: 4, metadata });
  await seen.clock.advance(0);
  assert.ok(seen.done);
  await waiting;
});

Deno.test("formerOwnerIsDone() is not fooled by an earlier hand-over", async () => {
  await using driver = await startPair();
  await feed(driver, 1);
  await driver.rebalance(toTheSecond, { handedOver: toTheSecond });
  await feed(driver, 2);
  await driver.commit();
  await feed(driver, 4);
  await driver.rebalance([[0], []], { handedOver: [[0], []] });
  await driver.commit();
  assert.equal(await sumOf(driver), 7);
  assert.equal(eventRows(driver), 3);
});
