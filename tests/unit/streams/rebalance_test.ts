import assert from "node:assert/strict";
import { systemClock } from "../../../src/base/clock.ts";
import { PipelineError } from "../../../src/base/errors.ts";
import { noTasks } from "../../../src/streams/ports.ts";
import { CountingWorld, TestMembership } from "../../support/counting_run.ts";
import { expectedWindows, measurements } from "../../support/measurements.ts";

const input = measurements(13, 120);

/** Waits until something holds. */
async function until(holds: () => boolean, what: string): Promise<void> {
  for (let turn = 0; turn < 2_000; turn++) {
    if (holds()) return;
    await systemClock.sleep(1);
  }
  assert.fail(`never: ${what}`);
}

Deno.test("StreamsApp hands a partition over without losing or repeating anything", async () => {
  const world = new CountingWorld();
  await world.feed(input, 2_000_000);
  const stop = new AbortController();
  const [ours, theirs] = [new TestMembership([0, 1]), new TestMembership([])];
  const [first, second] = [world.app(ours), world.app(theirs)];
  const running = [first.run(stop.signal), second.run(stop.signal)];
  const [us, them] = [await ours.listener, await theirs.listener];
  for (const [mine, yours] of [[[0], [1]], [[1], [0]], [[], [0, 1]], [[0, 1], []]] as const) {
    await Promise.all([
      us.assigned({ ...noTasks, active: mine }),
      them.assigned({ ...noTasks, active: yours }),
    ]);
    await world.feed(input, 3_000_000);
    await systemClock.sleep(5);
  }
  const all = Array.from({ length: 5 }, () => input).flat();
  const { counts } = expectedWindows(all);
  await until(() => world.counts().read === counts.read, "everything is read");
  stop.abort();
  await Promise.all(running);
  assert.deepEqual(world.counts(), counts);
  assert.deepEqual(world.sink.violations, []);
});

Deno.test("StreamsApp continues with the store it has when a partition stays", async () => {
  const world = new CountingWorld({ partitions: 1 });
  await world.feed(input, 2_000_000);
  const stop = new AbortController();
  const membership = new TestMembership([0]);
  const app = world.app(membership);
  let opened = 0;
  app.listen({ opened: () => opened++, fetched() {}, committed() {}, failed() {}, closed() {} });
  const running = app.run(stop.signal);
  const listener = await membership.listener;
  await until(() => app.tasks[0]?.state === "running", "running");
  await listener.assigned({ ...noTasks, active: [0] });
  await until(() => app.tasks[0]?.committedOffset === input.length, "caught up");
  assert.equal(opened, 1);
  stop.abort();
  await running;
});

Deno.test("StreamsApp commits nothing of a partition that it lost", async () => {
  const world = new CountingWorld({ partitions: 1 });
  const stop = new AbortController();
  const membership = new TestMembership([0]);
  const app = world.app(membership);
  const running = app.run(stop.signal);
  const listener = await membership.listener;
  await until(() => app.tasks[0]?.state === "running", "running");
  world.sink.hook = () => {
    throw new PipelineError("SINK_UNAVAILABLE", "the sink is away");
  };
  await world.feed(input, 2_000_000);
  await until(() => app.tasks[0]?.problem !== undefined, "the sink is missed");
  await listener.lost();
  assert.deepEqual(app.tasks, []);
  const { length } = world.log.visible("app-totals-changelog");
  assert.equal(length, 1, "the rules are noted before the first record, and nothing after it");
  stop.abort();
  await running;
});

Deno.test("StreamsApp waits for a sink that is unavailable and continues where it was", async () => {
  const world = new CountingWorld();
  await world.feed(input, 2_000_000);
  let failures = 0;
  world.sink.hook = (step) => {
    if (step === "after-write" && failures++ < 3) {
      throw new PipelineError("SINK_UNAVAILABLE", "the sink is away");
    }
  };
  assert.equal(await world.runToEnd(), "done");
  assert.deepEqual(world.counts(), expectedWindows(input).counts);
  assert.deepEqual(world.sink.violations, []);
});
