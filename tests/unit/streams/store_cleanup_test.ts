import assert from "node:assert/strict";
import { noTasks, type StateStores } from "../../../src/streams/ports.ts";
import { StoreCleanup } from "../../../src/streams/task/store_cleanup.ts";
import { MemoryStores } from "../../../src/streams/testing/memory_stores.ts";
import { settle, SimulatedClock } from "../../../src/streams/testing/simulated_clock.ts";
import { feed, startDriver } from "../../support/counting_driver.ts";
import { CountingWorld, TestMembership } from "../../support/counting_run.ts";
import { LogLines } from "../../support/log_lines.ts";

const delayMs = 600_000;

/** A cleanup over stores of partitions 0 to 2, none of them open. */
async function threeStores(destroy?: StateStores["destroy"]) {
  const clock = new SimulatedClock(0);
  const stores = new MemoryStores();
  for (const partition of [0, 1, 2]) {
    await using _store = await stores.open({ topic: "input", partition }, "changelog");
  }
  const deleted: number[] = [];
  const logger = new LogLines();
  const cleanup = new StoreCleanup({
    stores: {
      open: (...args) => stores.open(...args),
      partitions: (topic) => stores.partitions(topic),
      destroy: destroy ?? ((place) => stores.destroy(place)),
    },
    clock,
    logger,
    topic: "input",
    delayMs,
    onDeleted: (partition) => deleted.push(partition),
  });
  /** Begins to watch, and lets what is due at once happen. */
  const watch = async (...needed: readonly number[]) => {
    await cleanup.pause();
    cleanup.watch((partition) => needed.includes(partition));
    await settle();
  };
  return { clock, stores, deleted, cleanup, watch, logger };
}

Deno.test("StoreCleanup deletes what is not needed for as long as the delay, and nothing else", async () => {
  const { clock, stores, deleted, cleanup, watch } = await threeStores();
  await watch(1);
  await clock.advance(delayMs - 1);
  assert.deepEqual(deleted, []);
  await clock.advance(1);
  assert.deepEqual(deleted, [0, 2]);
  assert.deepEqual(await stores.partitions("input"), [1]);
  await cleanup.pause();
});

Deno.test("StoreCleanup counts on over rebalances, and from the beginning for one that was needed", async () => {
  const { clock, deleted, cleanup, watch } = await threeStores();
  await watch(2);
  await clock.advance(delayMs / 2);
  await watch(0, 2);
  await clock.advance(delayMs / 4);
  await watch(2);
  await clock.advance(delayMs / 4);
  assert.deepEqual(deleted, [1]);
  await clock.advance(delayMs);
  assert.deepEqual(deleted, [1, 0]);
  await cleanup.pause();
});

Deno.test("StoreCleanup deletes nothing while it pauses", async () => {
  const { clock, deleted, cleanup, watch, logger } = await threeStores();
  await watch();
  await cleanup.pause();
  await clock.advance(10 * delayMs);
  assert.deepEqual(deleted, []);
  assert.deepEqual(logger.lines, []);
});

Deno.test("StoreCleanup pauses once the deletion is done that is under way", async () => {
  const gate = Promise.withResolvers<void>();
  const { clock, deleted, cleanup, watch, logger } = await threeStores(() => gate.promise);
  await watch();
  await clock.advance(delayMs);
  const paused = cleanup.pause();
  await settle();
  assert.deepEqual(deleted, []);
  gate.resolve();
  await paused;
  assert.deepEqual(deleted, [0]);
  assert.deepEqual(logger.complaints, []);
});

Deno.test("StoreCleanup says what it cannot delete, and deletes the others", async () => {
  const { clock, deleted, watch, logger } = await threeStores(({ partition }) =>
    partition === 1 ? Promise.reject(new Error("the disk is full")) : Promise.resolve()
  );
  await watch();
  await clock.advance(delayMs);
  assert.deepEqual(deleted, [0, 2]);
  assert.deepEqual(logger.complaints.map(({ fields: { task, problem } }) => [task, problem]), [
    ["input-1", "the disk is full"],
  ]);
  assert.ok(!await clock.step(), "nothing is waited for any more");
});

/** An application whose only partition has just moved away, where deleting a store takes its time. */
async function movedAway() {
  const world = new CountingWorld({ partitions: 1 });
  const clock = new SimulatedClock();
  const did: string[] = [];
  const gate = Promise.withResolvers<void>();
  world.clock = clock;
  world.givenStores = {
    open(...args) {
      did.push("opens");
      return world.stores.open(...args);
    },
    partitions: (topic) => world.stores.partitions(topic),
    async destroy(place) {
      did.push("deletes");
      await gate.promise;
      await world.stores.destroy(place);
      did.push("has deleted");
    },
  };
  const group = new TestMembership([0]);
  const stop = new AbortController();
  const running = world.app(group).run(stop.signal);
  const listener = await group.listener;
  await clock.advance(1_000);
  await listener.assigned(noTasks);
  const end = () => {
    stop.abort();
    return running;
  };
  return { clock, did, gate, listener, end };
}

Deno.test("A partition that returns while its store is deleted waits for the end of that", async () => {
  const { clock, did, gate, listener, end } = await movedAway();
  await clock.advance(delayMs);
  const returned = listener.assigned({ ...noTasks, active: [0] });
  await settle();
  assert.deepEqual(did, ["opens", "deletes"]);
  gate.resolve();
  await returned;
  await clock.advance(0);
  assert.deepEqual(did, ["opens", "deletes", "has deleted", "opens"]);
  await end();
});

Deno.test("An application that has ended deletes nothing more", async () => {
  const { clock, did, end } = await movedAway();
  await end();
  await clock.advance(10 * delayMs);
  assert.deepEqual(did, ["opens"]);
});

Deno.test("A partition that returns within the delay finds its store, one that stays away does not", async () => {
  await using driver = await startDriver({ instances: 2 });
  await feed(driver, 1, 2);
  await driver.commit();
  await driver.rebalance([[], [0]]);
  await driver.advance(delayMs - 1_000);
  assert.deepEqual([...(await driver.held(0)).keys()], [0]);
  await driver.rebalance([[0], []]);
  await feed(driver, 4);
  await driver.commit();
  assert.equal(driver.counts.aggregated, 3);
  await driver.rebalance([[], [0]]);
  await driver.advance(delayMs);
  assert.deepEqual([...(await driver.held(0)).keys()], []);
  await driver.rebalance([[0], []]);
  await feed(driver, 8);
  await driver.commit();
  assert.equal(driver.counts.aggregated, 4);
});

Deno.test("A store that an earlier run left is deleted, too, unless it is needed", async () => {
  await using driver = await startDriver({ instances: 2, partitions: 2 });
  await driver.commit();
  await driver.rebalance([[0], [1]]);
  await driver.stop(0);
  await driver.restart(0);
  assert.deepEqual([...(await driver.held(0)).keys()].sort(), [0, 1]);
  await driver.advance(delayMs);
  assert.deepEqual([...(await driver.held(0)).keys()], [0]);
});
