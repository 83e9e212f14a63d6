import assert from "node:assert/strict";
import { type ErrorCode, PipelineError } from "../../../src/base/errors.ts";
import { noTasks } from "../../../src/streams/ports.ts";
import { SimulatedClock } from "../../../src/streams/testing/mod.ts";
import { type CountingDriver, feed, startDriver, sumOf } from "../../support/counting_driver.ts";
import { CountingWorld, TestMembership } from "../../support/counting_run.ts";

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

Deno.test("A partition that comes back before that, and fails again, is asked for once", async () => {
  await using driver = await startFull();
  for (const active of [[[], [0]], [[0], []]]) await driver.rebalance(active);
  assert.equal(driver.tasks(0)[0]?.state, "failed");
  const before = driver.reconsiderations(0);
  await driver.advance(2 * mendedMs);
  assert.equal(driver.reconsiderations(0), before + 1);
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

Deno.test("A task that is tried again is another one: the first has closed", async () => {
  const world = new CountingWorld({ partitions: 1 });
  const clock = new SimulatedClock();
  world.clock = clock;
  const [group, stop] = [new TestMembership([0]), new AbortController()];
  const app = world.app(group);
  const heard: string[] = [];
  app.listen({
    opened: () => heard.push("opened"),
    fetched() {},
    committed() {},
    failed: () => heard.push("failed"),
    closed: () => heard.push("closed"),
  });
  const running = app.run(stop.signal);
  await clock.advance(1_000);
  world.stores.hook = () => {
    world.stores.hook = () => {};
    throw new PipelineError("STORE_UNAVAILABLE", "the disk is full");
  };
  await world.feed([[{ key: "k", timeMs: 2_000_000, value: 1 }]], 2_000_000);
  await clock.advance(mendedMs);
  await (await group.listener).assigned({ ...noTasks, active: [0] });
  await clock.advance(1_000);
  assert.deepEqual(heard, ["opened", "failed", "closed", "opened"]);
  stop.abort();
  await running;
});

Deno.test("An instance that ends leaves nothing behind that waits for its disk", async () => {
  await using driver = await startFull();
  for (const instance of [0, 1]) await driver.stop(instance);
  assert.equal(driver.clock.nextWakeMs, Infinity);
});

Deno.test("An instance whose group and then disk fails leaves nothing behind either", async () => {
  const world = new CountingWorld({ partitions: 1 });
  const clock = new SimulatedClock();
  const [group, commit] = [Promise.withResolvers<void>(), Promise.withResolvers<void>()];
  world.clock = clock;
  const running = world.app({
    ownerOf: () => undefined,
    reconsider() {},
    async run(_topic, listener) {
      await listener.assigned({ ...noTasks, active: [0] });
      await group.promise;
    },
  }).run(new AbortController().signal);
  await clock.advance(1_000);
  world.stores.hook = () => {
    throw new PipelineError("STORE_UNAVAILABLE", "the disk is full");
  };
  world.log.hook = (step) => step === "before-end" ? commit.promise : undefined;
  await world.feed([[{ key: "k", timeMs: 2_000_000, value: 1 }]], 2_000_000);
  await clock.advance(0);
  group.reject(new PipelineError("LOG_UNAVAILABLE", "the group is gone"));
  const ended = assert.rejects(running, { message: "the group is gone" });
  await clock.advance(0);
  commit.resolve();
  await ended;
  assert.equal(clock.nextWakeMs, Infinity);
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
