import assert from "node:assert/strict";
import { encodeText } from "../../../src/streams/text.ts";
import { commitOperations } from "../../support/commit_operations.ts";
import {
  type CountingDriver,
  feed,
  startDriver,
  startMs,
  sumOf,
} from "../../support/counting_driver.ts";
import { measurementRecord } from "../../support/counting_topology.ts";
import { expectedWindows, measurements } from "../../support/measurements.ts";

const changelog = { topic: "test-totals-changelog", partition: 0 };

/** Two instances: the first processes the one partition, the second keeps its state at hand. */
async function startPair(): Promise<CountingDriver> {
  const driver = await startDriver({ instances: 2 });
  await driver.rebalance([[0], []], { standbys: [[], [0]] });
  return driver;
}

/** From now on an instance that opens a store dies of it. */
function forbidOpening(driver: CountingDriver, instance: number): void {
  driver.failNext("store-open", { instance, error: "crash" });
}

Deno.test("StandbyTask follows every commit of the owner", async () => {
  await using driver = await startPair();
  for (const value of [1, 2, 3]) {
    await feed(driver, value);
    await driver.commit();
    const { endOffset } = await driver.log.bounds(changelog);
    assert.deepEqual(driver.standbys(1), [{
      topic: "input",
      partition: 0,
      state: "following",
      changelogPosition: endOffset,
      remainingOffsets: 0,
      problem: undefined,
    }]);
  }
  assert.deepEqual(driver.tasks(1), []);
});

Deno.test("StandbyTask hands its open store to the task: nothing is opened or restored", async () => {
  await using driver = await startPair();
  await feed(driver, 1, 2);
  await driver.commit();
  forbidOpening(driver, 1);
  await driver.crash(0);
  await driver.rebalance([[], [0]]);
  assert.deepEqual(driver.standbys(1), []);
  assert.equal(driver.tasks(1)[0]?.restore, undefined);
  await feed(driver, 4);
  await driver.commit();
  assert.equal(await sumOf(driver), 7);
});

Deno.test("StandbyTask changes places with its task, back and forth, under load", async () => {
  await using driver = await startPair();
  const input = measurements(5, 120);
  const records = input.map((events, i) => measurementRecord(events, startMs + i));
  for (let part = 0; part < 6; part++) {
    await driver.pipe(...records.slice(part * 20, part * 20 + 10));
    const [owner, other] = part % 2 === 0 ? [[], [0]] : [[0], []];
    await driver.rebalance([owner, other], { standbys: [other, owner] });
    await driver.pipe(...records.slice(part * 20 + 10, part * 20 + 20));
  }
  await driver.commit();
  assert.deepEqual(driver.counts, expectedWindows(input).counts);
});

for (const operation of commitOperations) {
  Deno.test(`StandbyTask takes over from an owner that died at ${operation}`, async () => {
    await using driver = await startPair();
    await feed(driver, 1);
    await driver.commit();
    await feed(driver, 10);
    driver.failNext(operation, { instance: 0, error: "crash" });
    await driver.commit();
    await driver.rebalance([[], [0]]);
    await feed(driver, 100);
    await driver.commit();
    assert.equal(await sumOf(driver), 111);
    assert.equal(driver.counts.aggregated, 3);
  });
}

Deno.test("StandbyTask lets the task restore what it had not read yet", async () => {
  await using driver = await startPair();
  await feed(driver, 1);
  await driver.commit();
  driver.failNext("fetch", { instance: 1, times: Infinity });
  for (const value of [2, 4]) {
    await feed(driver, value);
    await driver.commit();
  }
  assert.equal(driver.standbys(1)[0]?.state, "failed");
  driver.failNoMore();
  await driver.rebalance([[], [0]]);
  assert.ok((driver.tasks(1)[0]?.restore?.restoredRecords ?? 0) > 0);
  await driver.commit();
  assert.equal(await sumOf(driver), 7);
});

Deno.test("StandbyTask rebuilds a store that is damaged", async () => {
  await using driver = await startPair();
  await feed(driver, 1);
  await driver.commit();
  await driver.crash(1);
  driver.failNext("store-open", { instance: 1 });
  await driver.restart(1);
  await driver.advance(10_000);
  assert.equal(driver.standbys(1)[0]?.remainingOffsets, 0);
  await driver.rebalance([[], [0]]);
  await driver.commit();
  assert.equal(await sumOf(driver), 1);
});

Deno.test("StandbyTask stops at a changelog that does not reach back, and says so", async () => {
  await using driver = await startPair();
  await feed(driver, 1);
  await driver.commit();
  await driver.crash(1, { state: "deleted" });
  driver.log.truncate(changelog, 1);
  await driver.restart(1);
  await driver.advance(60_000);
  const [standby] = driver.standbys(1);
  assert.equal(standby?.state, "failed");
  assert.match(standby?.problem ?? "", /CHANGELOG_TRUNCATED|the changelog holds/);
});

Deno.test("StreamsApp tells what an earlier run left here, and takes it up at once", async () => {
  await using driver = await startPair();
  await feed(driver, 1, 2);
  await driver.commit();
  const { endOffset } = await driver.log.bounds(changelog);
  await driver.crash(1);
  await driver.rebalance([[0], []]);
  await driver.restart(1);
  const closed = new Map([[0, { position: endOffset, current: false }]]);
  assert.deepEqual(await driver.held(1), closed);
  await driver.rebalance([[0], []], { standbys: [[], [0]] });
  assert.deepEqual(await driver.held(1), new Map([[0, { position: endOffset, current: true }]]));
  await driver.rebalance([[0], []]);
  assert.deepEqual(await driver.held(1), closed);
});

Deno.test("StreamsApp tells what it has of a partition that it could not open again", async () => {
  await using driver = await startDriver({ instances: 2 });
  await feed(driver, 1, 2);
  await driver.commit();
  await driver.rebalance([[], [0]]);
  const left = (await driver.held(0)).get(0);
  assert.ok((left?.position ?? 0) > 0);
  driver.failNext("fence", { instance: 0, times: Infinity });
  driver.failNext("store-open", { instance: 0, times: Infinity, error: "STORE_LOCKED" });
  for (const [active, standbys] of [[[[0], []], []], [[[], [0]], [[0], []]], [[[], [0]], []]]) {
    await driver.rebalance(active ?? [], { standbys: standbys ?? [] });
    assert.deepEqual((await driver.held(0)).get(0), left);
  }
});

for (
  const { why, before } of [
    { why: "both become current", before: undefined },
    { why: "both are already", before: { standbys: [[], [0, 1]] } },
  ]
) {
  Deno.test(`StreamsApp asks the group once for two promised partitions: ${why}`, async () => {
    await using driver = await startDriver({ partitions: 2, instances: 2 });
    if (before !== undefined) await driver.rebalance([[0, 1], []], before);
    assert.equal(driver.reconsiderations(1), 0);
    await driver.rebalance([[0, 1], []], { standbys: [[], [0, 1]], warmUps: [[], [0, 1]] });
    assert.equal(driver.reconsiderations(1), 1);
  });
}

Deno.test("StreamsApp asks the group again when all that it was promised is current, once", async () => {
  await using driver = await startDriver({ partitions: 2, instances: 2 });
  for (const key of ["a", "b", "c", "d", "e"]) {
    await driver.pipe({ key, value: encodeText("[]") });
  }
  await driver.commit();
  driver.failNext("store-open", { instance: 1, error: "STORE_UNAVAILABLE" });
  const promised = { standbys: [[], [0, 1]], warmUps: [[], [0, 1]] };
  await driver.rebalance([[0, 1], []], promised);
  assert.equal(driver.reconsiderations(1), 1);
  await driver.held(1);
  await driver.rebalance([[0, 1], []], promised);
  assert.equal(driver.reconsiderations(1), 1, "what was told before is no news");
  assert.equal(driver.reconsiderations(0), 0);
});
