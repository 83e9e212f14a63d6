import assert from "node:assert/strict";
import { formerOwnerIsDone, handOverMsMax } from "../../../src/streams/commit/hand_over.ts";
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

Deno.test("formerOwnerIsDone() does not wait for long", async () => {
  const clock = new SimulatedClock();
  let done = false;
  const waiting = formerOwnerIsDone(
    {
      clock,
      log: { bounds: () => Promise.resolve({ startOffset: 0, endOffset: 9 }) },
      commitLog: { committed: () => Promise.resolve({ offset: 4, metadata: "of anybody" }) },
    },
    { topic: "t", partition: 0 },
    new AbortController().signal,
  ).then(() => done = true);
  await clock.advance(handOverMsMax - 1);
  assert.ok(!done);
  await clock.advance(1);
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
