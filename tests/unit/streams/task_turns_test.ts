/** What those learn who look at a task, over its life. */
import assert from "node:assert/strict";
import { PipelineError } from "../../../src/base/errors.ts";
import { parseCommitMetadata } from "../../../src/streams/commit/commit_metadata.ts";
import { noTasks } from "../../../src/streams/ports.ts";
import { MemoryStores } from "../../../src/streams/testing/memory_stores.ts";
import { feed, startDriver } from "../../support/counting_driver.ts";
import { CountingWorld, TestMembership } from "../../support/counting_run.ts";
import { LogLines } from "../../support/log_lines.ts";
import { until } from "../../support/until.ts";

/**
 * Runs a job to the end of its input; gives what its listener heard, with what could be seen then, and
 * the states that were logged.
 */
async function turnsOf(world: CountingWorld): Promise<{ heard: string[]; states: unknown[] }> {
  const logger = new LogLines();
  world.logger = logger;
  const app = world.app();
  const heard: string[] = [];
  const hear = (turn: string) => {
    const [task] = app.tasks;
    heard.push(`${turn}: ${task?.state}, ${task?.counts.read} counted`);
  };
  app.listen({
    opened: ({ partition }) => hear(`opened ${partition}`),
    fetched: ({ partition }, records) => hear(`fetched ${records} of ${partition}`),
    committed: (_, { meta, previous }) => hear(`committed ${previous.read} to ${meta.counts.read}`),
    failed: (_, error) => hear((error as Error).message),
    closed: ({ partition }) => hear(`closed ${partition}`),
  });
  const stop = new AbortController();
  const running = app.run(stop.signal);
  const isDone = () => app.tasks[0]?.counts.read === 2;
  await until(isDone, { what: "a commit", msMax: 5_000, lookMs: 1 });
  stop.abort();
  await running;
  return { heard, states: logger.lines.flatMap(({ fields: { state } }) => state ?? []) };
}

async function worldOfTwo(): Promise<CountingWorld> {
  const world = new CountingWorld({ partitions: 1 });
  const event = { key: "k", timeMs: 2_000_000, value: 1 };
  await world.feed([[event], [event]], 2_000_000);
  return world;
}

Deno.test("a task tells its listener of its life, and logs its states", async () => {
  const { heard, states } = await turnsOf(await worldOfTwo());
  assert.deepEqual(heard, [
    "opened 0: running, 0 counted",
    "fetched 2 of 0: running, 0 counted",
    "committed 0 to 2: running, 2 counted",
    "closed 0: closed, 2 counted",
  ]);
  assert.deepEqual(states, ["fencing", "restoring", "closing", "closed"]);
});

Deno.test("a task shows that it restores as long as it does", async () => {
  await using driver = await startDriver();
  await feed(driver, 1);
  await driver.commit();
  await driver.crash(0, { state: "deleted" });
  const gate = Promise.withResolvers<void>();
  const bounds = driver.log.bounds.bind(driver.log);
  driver.log.bounds = async (place) => {
    await gate.promise;
    return await bounds(place);
  };
  await driver.restart();
  assert.equal(driver.tasks()[0]?.state, "restoring");
  gate.resolve();
  await driver.advance(0);
  assert.equal(driver.tasks()[0]?.state, "running");
});

Deno.test("a task that fails tells its listener so, and begins again", async () => {
  const world = await worldOfTwo();
  let commits = 0;
  world.stores.hook = (step) => {
    if (step !== "before-apply" || ++commits !== 2) return;
    throw new PipelineError("STORE_CORRUPT", "Cannot write");
  };
  const { heard, states } = await turnsOf(world);
  assert.deepEqual(heard, [
    "opened 0: running, 0 counted",
    "fetched 2 of 0: running, 0 counted",
    "Cannot write: failed, 0 counted",
    "opened 0: running, 2 counted",
    "closed 0: closed, 2 counted",
  ]);
  assert.deepEqual(states, [
    ...["fencing", "restoring", "closing", "fencing", "restoring", "closing", "closed"],
  ]);
});

Deno.test("a task that is to be tried again much later ends at once when it is told to", async () => {
  await using driver = await startDriver();
  driver.failNext("fetch", { times: Infinity });
  await feed(driver, 1);
  await driver.advance(60_000);
  assert.equal(driver.tasks()[0]?.state, "failed");
  const beforeMs = driver.clock.nowMs();
  await driver.rebalance([[]]);
  assert.equal(driver.clock.nowMs(), beforeMs);
});

Deno.test("a task that is closed while its new owner has begun does not count as failed", async () => {
  const world = await worldOfTwo();
  const [before, after] = [new TestMembership([0]), new TestMembership([0])];
  const [commit, stop] = [Promise.withResolvers<void>(), new AbortController()];
  const began = Promise.withResolvers<void>();
  world.log.hook = async (step) => {
    if (step !== "before-end") return;
    world.log.hook = () => {};
    began.resolve();
    await commit.promise;
  };
  const failures: unknown[] = [];
  const first = world.app(before);
  first.listen({
    opened() {},
    fetched() {},
    committed() {},
    failed: (_, error) => failures.push(error),
    closed() {},
  });
  const running = [first.run(stop.signal)];
  await began.promise;
  world.givenStores = new MemoryStores();
  const second = world.app(after);
  running.push(second.run(stop.signal));
  const isDone = () => second.tasks[0]?.counts.read === 2;
  await until(isDone, { what: "a commit of the new owner", msMax: 5_000, lookMs: 1 });
  const closed = (await before.listener).assigned(noTasks);
  commit.resolve();
  await closed;
  assert.deepEqual(failures, []);
  stop.abort();
  await Promise.all(running);
});

Deno.test("a task that runs has all of its state", async () => {
  await using driver = await startDriver();
  await feed(driver, 1);
  await driver.commit();
  assert.ok((await driver.held()).get(0)?.current);
});

// The group gave the partition back to one with less of its state, which then warmed up the first
// one again, without end.
Deno.test("a task that has not begun yet has the state of the standby that it was", async () => {
  await using driver = await startDriver({ instances: 2 });
  await feed(driver, 1);
  await driver.commit();
  await driver.rebalance([[0], []], { standbys: [[], [0]] });
  await driver.commit();
  const held = (await driver.held(1)).get(0);
  assert.ok(held?.current);
  driver.failNext("fence", { instance: 1, times: 100 });
  await driver.rebalance([[], [0]]);
  assert.notEqual(driver.tasks(1)[0]?.state, "running");
  assert.deepEqual((await driver.held(1)).get(0), { position: held.position, current: false });
});

Deno.test("a commit that is early, as much waits, is not told as the task's last", async () => {
  await using driver = await startDriver({ pendingRowsMax: 1, commitIntervalMs: 60_000 });
  await feed(driver, 1);
  const committed = await driver.log.commitLogOf("test").committed({
    topic: "input",
    partition: 0,
  });
  assert.equal(committed?.offset, 1);
  const { closed = "unknown" } = parseCommitMetadata(committed?.metadata) ?? {};
  assert.ok(!closed);
});

Deno.test("an instance takes up what an earlier run left, of partitions that the input has", async () => {
  const world = await worldOfTwo();
  assert.equal(await world.runToEnd(), "done");
  const { id } = await world.log.describe("app-totals-changelog");
  for (const partition of [1, 2]) {
    await using _store = await world.stores.open({ topic: "input", partition }, id);
  }
  let takenUp: number[] = [];
  const app = world.app({
    ownerOf: () => undefined,
    reconsider() {},
    async run(_topic, listener) {
      await listener.held();
      takenUp = app.standbys.map(({ partition }) => partition);
    },
  });
  await app.run(new AbortController().signal);
  assert.deepEqual(takenUp, [0]);
});
