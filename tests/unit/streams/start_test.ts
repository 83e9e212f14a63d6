import assert from "node:assert/strict";
import { PipelineError } from "../../../src/base/errors.ts";
import { settle, SimulatedClock } from "../../../src/streams/testing/simulated_clock.ts";
import { noTasks } from "../../../src/streams/ports.ts";
import { CountingWorld, TestMembership } from "../../support/counting_run.ts";

/** A job whose log does not answer until it is told to; warnings of the job. */
function withoutLog(): {
  readonly world: CountingWorld;
  readonly clock: SimulatedClock;
  readonly warnings: string[];
  answer(): void;
} {
  const world = new CountingWorld({ partitions: 1 });
  const clock = new SimulatedClock();
  const warnings: string[] = [];
  const { log } = world;
  const describe = log.describe.bind(log);
  const silent = { debug() {}, info() {}, error() {} };
  const warn = (message: string) => warnings.push(message);
  Object.assign(world, { clock, logger: { ...silent, warn } });
  log.describe = () => Promise.reject(new PipelineError("LOG_UNAVAILABLE", "no answer"));
  return { world, clock, warnings, answer: () => log.describe = describe };
}

Deno.test("StreamsApp waits at its start for a log that does not answer, and reports it", async () => {
  const { world, clock, warnings, answer } = withoutLog();
  const stop = new AbortController();
  const app = world.app();
  const running = app.run(stop.signal);
  for (let s = 0; s < 60; s++) await clock.advance(1_000);
  assert.deepEqual(warnings, Array(2).fill("waiting to look at the topics"));
  assert.equal(app.joinProblem, "is waiting to look at the topics: no answer");
  answer();
  for (let s = 0; s < 6; s++) await clock.advance(1_000);
  for (let turn = 0; turn < 20; turn++) await settle();
  assert.equal(app.partitionCount, 1);
  assert.equal(app.joinProblem, undefined);
  stop.abort();
  await clock.advance(1_000);
  await running;
});

Deno.test("StreamsApp can be stopped while it waits for its log", async () => {
  const { world, clock } = withoutLog();
  const stop = new AbortController();
  const running = world.app().run(stop.signal);
  await clock.advance(10_000);
  stop.abort();
  await assert.rejects(running, { code: "ABORTED" });
});

/** A group that knows an owner of every partition, and fails where it is told to. */
class FailingGroup extends TestMembership {
  readonly problem = "has no coordinator";
  readonly failing = Promise.withResolvers<never>();

  override ownerOf(partition: number): undefined {
    assert.ok(!(partition >= 0), "no partition is known");
  }

  override async run(...args: Parameters<TestMembership["run"]>): Promise<void> {
    await Promise.race([super.run(...args), this.failing.promise]);
  }
}

Deno.test("StreamsApp knows nothing before it runs, is in the group until it is taken for dead, and closes what it has where the group fails", async () => {
  const world = new CountingWorld({ partitions: 1 });
  const group = new FailingGroup([0]);
  const app = world.app(group);
  assert.deepEqual([app.tasks, app.standbys, app.partitionCount, app.joined], [[], [], 0, false]);
  assert.deepEqual([app.ownerOf("k"), app.openWindows("k"), await app.value("k")], [
    undefined,
    undefined,
    undefined,
  ]);
  assert.equal(app.joinProblem, group.problem);
  const running = app.run(new AbortController().signal);
  const listener = await group.listener;
  assert.ok(app.joined);
  assert.equal(app.openWindows("k"), undefined);
  await listener.lost();
  assert.ok(!app.joined);
  assert.equal(app.openWindows("k"), undefined);
  await listener.assigned({ ...noTasks, active: [0] });
  assert.equal(app.tasks.length, 1);
  group.failing.reject(new PipelineError("LOG_UNAVAILABLE", "the group is gone"));
  await assert.rejects(running, { message: "the group is gone" });
  assert.deepEqual(app.tasks, []);
});

Deno.test("StreamsApp does not start with topics that do not fit the job", async () => {
  const world = new CountingWorld({ partitions: 2 });
  world.log.addPartitions("input", 3);
  await assert.rejects(world.app().run(new AbortController().signal), {
    code: "TOPIC_UNSUITABLE",
  });
});
