import assert from "node:assert/strict";
import type { ErrorCode } from "../../../src/base/errors.ts";
import { type CountingDriver, feed, startDriver, sumOf } from "../../support/counting_driver.ts";

/** Longer than an instance counts as unable, ms. */
const mendedMs = 6 * 60_000;

/** Two instances; the first one's disk is full when it is next written. */
async function startFull(standbys: readonly number[] = []): Promise<CountingDriver> {
  const driver = await startDriver({ instances: 2 });
  await driver.rebalance([[0], []], { standbys: [[], standbys] });
  await feed(driver, 1);
  await driver.commit();
  driver.failNext("store-apply", { instance: 0, error: "STORE_UNAVAILABLE", times: 1_000 });
  await feed(driver, 2);
  await driver.commit();
  return driver;
}

Deno.test("A task whose disk is full gives its partition up to a hot standby", async () => {
  // It kept it: the lag grew while another instance had the state at hand.
  await using driver = await startFull([0]);
  assert.equal(driver.tasks(0)[0]?.state, "failed");
  assert.equal(driver.reconsiderations(0), 1);
  const told = (await driver.held(0)).get(0);
  assert.deepEqual([told?.current, told?.unable], [false, true]);
  await driver.rebalance([[], [0]], { handedOver: [[], [0]] });
  await driver.advance(1_000);
  await feed(driver, 4);
  await driver.commit();
  assert.equal(await sumOf(driver), 7);
  assert.deepEqual(driver.tasks(0), []);
});

Deno.test("An instance is able again after a while, and asks to be given its share", async () => {
  await using driver = await startFull();
  await driver.rebalance([[], [0]]);
  assert.ok((await driver.held(0)).get(0)?.unable);
  await driver.advance(mendedMs);
  assert.equal((await driver.held(0)).get(0)?.unable, undefined);
  assert.equal(driver.reconsiderations(0), 2);
});

Deno.test("A task that no other instance takes is tried again after a while", async () => {
  await using driver = await startFull();
  const given = () => driver.rebalance([[0], []]);
  await given();
  assert.equal(driver.tasks(0)[0]?.state, "failed");
  driver.failNoMore();
  await given();
  assert.equal(driver.tasks(0)[0]?.state, "failed", "not before the time is over");
  await driver.advance(mendedMs);
  await given();
  await feed(driver, 4);
  await driver.commit();
  assert.equal(driver.counts.aggregated, 3);
});

Deno.test("A standby whose disk is full says so, and is opened again when it is wanted", async () => {
  await using driver = await startDriver({ instances: 2 });
  driver.failNext("store-open", { instance: 1, error: "STORE_UNAVAILABLE" });
  const wanted = () => driver.rebalance([[0], []], { standbys: [[], [0]] });
  await wanted();
  assert.equal(driver.standbys(1)[0]?.state, "failed");
  assert.ok((await driver.held(1)).get(0)?.unable);
  assert.equal(driver.reconsiderations(1), 0, "nothing is processed worse for it");
  await driver.advance(mendedMs);
  await wanted();
  assert.equal(driver.standbys(1)[0]?.state, "following");
});

const following: readonly ErrorCode[] = ["INPUT_TRUNCATED", "RECORD_REFUSED", "SINK_REJECTED"];
for (const error of following) {
  Deno.test(`A task that fails with ${error} keeps its partition: it would fail elsewhere`, async () => {
    await using driver = await startDriver({ instances: 2 });
    driver.failNext("fetch", { instance: 0, error });
    await feed(driver, 1);
    await driver.advance(60_000);
    assert.equal(driver.tasks(0)[0]?.state, "failed");
    assert.equal(driver.reconsiderations(0), 0);
    assert.equal((await driver.held(0)).get(0)?.unable, undefined);
    const beforeMs = driver.clock.nowMs();
    await driver.rebalance([[], [0]]);
    assert.equal(driver.clock.nowMs(), beforeMs, "nothing is left to be committed");
  });
}
