/**
 * A state belongs to topics, not to their names: what was deleted and created again, what a broker
 * has lost, and another number of partitions are noticed, at the start and while running.
 */
import assert from "node:assert/strict";
import { describeError, PipelineError } from "../../../src/base/errors.ts";
import {
  parseCommitMetadata,
  writeCommitMetadata,
} from "../../../src/streams/commit/commit_metadata.ts";
import { noTasks } from "../../../src/streams/ports.ts";
import { settle, SimulatedClock } from "../../../src/streams/testing/simulated_clock.ts";
import { failure, worldWithPast } from "../../support/counting_past.ts";
import { CountingWorld, TestMembership } from "../../support/counting_run.ts";
import { countingTopology } from "../../support/counting_topology.ts";
import { until } from "../../support/until.ts";
import { measurements } from "../../support/measurements.ts";

const input = { topic: "input", partition: 0 };
const changelog = "app-totals-changelog";

/** A job that runs; ends by itself when its lineage is broken. */
interface Running {
  readonly ended: Promise<string>;
  stop(): Promise<string>;
  pass(ms: number): Promise<void>;
  readonly problem: () => string | undefined;
}

/** Starts the job on a clock of its own and lets it do what is there to do. */
async function run(world: CountingWorld): Promise<Running> {
  const clock = new SimulatedClock();
  world.clock = clock;
  const stop = new AbortController();
  const app = world.app();
  const ended = app.run(stop.signal).then(() => "", (error) => {
    if (error instanceof PipelineError) return `${error.code}: ${describeError(error)}`;
    throw error;
  });
  const running = {
    ended,
    async stop() {
      stop.abort();
      await clock.advance(1_000);
      return await ended;
    },
    pass: (ms: number) => clock.advance(ms),
    problem: () => app.tasks[0]?.problem,
  };
  for (let turn = 0; turn < 20; turn++) await settle();
  return running;
}

/** Why the program ends as soon as it is started. */
async function refusal(world: CountingWorld): Promise<string> {
  return await (await run(world)).ended;
}

async function counts(world: CountingWorld): Promise<number> {
  assert.equal(await world.runToEnd(), "done");
  return world.counts().read;
}

Deno.test("StreamsApp refuses an input that was recreated while it was stopped", async () => {
  const world = await worldWithPast();
  world.log.createTopic(input.topic, 1);
  await world.feed(measurements(6, 30), 3_000_000);
  assert.match(
    await refusal(world),
    /^TOPIC_REPLACED: Cannot use input .* input#0: .* id input#4/,
  );
});

Deno.test("StreamsApp stops reading an input that is recreated while it runs", async () => {
  const world = await worldWithPast();
  const running = await run(world);
  world.log.createTopic(input.topic, 1);
  await world.feed(measurements(6, 30), 3_000_000);
  await running.pass(1_000);
  assert.match(await running.ended, /^TOPIC_REPLACED: Cannot use input/);
});

Deno.test("StreamsApp refuses a changelog that was recreated although the state is kept", async () => {
  const world = await worldWithPast();
  world.log.createTopic(changelog, 1);
  assert.match(await refusal(world), /^TOPIC_REPLACED: Cannot use app-totals-changelog .*#3: .*#4/);
});

Deno.test("StreamsApp ends within a minute when its changelog is recreated", async () => {
  const world = await worldWithPast();
  const running = await run(world);
  world.log.createTopic(changelog, 1);
  await running.pass(60_000);
  assert.match(await running.ended, /^TOPIC_REPLACED: Cannot use app-totals-changelog/);
});

// A broker that was killed lost records that it had not synced, and others took their offsets.
Deno.test("TaskSession refuses an input whose tail was lost and filled again", async () => {
  const world = await worldWithPast();
  world.log.loseTail(input, 15);
  await world.feed(measurements(6, 10), 3_000_000);
  assert.match(
    await failure(world),
    /Cannot read input-0 from offset 20 as what leader epoch 0 wrote .* ends at 15/,
  );
});

Deno.test("TaskSession notices while it runs that the tail of its input is lost", async () => {
  const world = await worldWithPast();
  const running = await run(world);
  world.log.loseTail(input, 15);
  await world.feed(measurements(6, 10), 3_000_000);
  await settle();
  assert.match(running.problem() ?? "", /Cannot read input-0 from offset 20/);
  await running.stop();
});

Deno.test("StreamsApp refuses the state of another input topic, and names both", async () => {
  const world = await worldWithPast();
  world.log.createTopic("other", 1);
  const topology = countingTopology();
  world.topology = { ...topology, source: { ...topology.source, topic: "other" } };
  assert.match(
    await refusal(world),
    /^TOPIC_REPLACED: Cannot process other .* app-totals-changelog .*: that is input/,
  );
});

// Machine B reset the state; machine A came back with the store that it had of the old one.
Deno.test("TaskSession rebuilds a store that followed another life of the changelog", async () => {
  const world = await worldWithPast();
  const old = world.stores;
  const reset = new CountingWorld({ partitions: 1 });
  reset.log.createTopic(changelog, 1);
  await reset.feed(measurements(6, 60, ["a", "b"]), 2_000_000);
  await reset.runToEnd();
  const expected = reset.stores.contents();
  reset.givenStores = old;
  assert.equal(await reset.runToEnd(), "done");
  assert.deepEqual(old.contents(), expected);
});

Deno.test("StreamsApp ends within a minute when the input gets more partitions", async () => {
  const world = await worldWithPast();
  const running = await run(world);
  world.log.addPartitions(input.topic, 2);
  await running.pass(60_000);
  assert.match(
    await running.ended,
    /^PARTITIONS_CHANGED: Cannot process input .* its state was made \(1\): it has 2/,
  );
});

Deno.test("StreamsApp refuses topics that were all altered to another number of partitions", async () => {
  const world = await worldWithPast();
  for (const topic of [input.topic, changelog]) world.log.addPartitions(topic, 2);
  assert.match(
    await refusal(world),
    /^PARTITIONS_CHANGED: Cannot process input .* \(1\): it has 2, so keys have moved/,
  );
});

Deno.test("StreamsApp starts where nothing but names and offsets agree by chance", async () => {
  const world = new CountingWorld({ partitions: 1 });
  // Another program's position in the same group says nothing about our state.
  world.log.commitOffset("app", { topic: "elsewhere", partition: 0 }, { offset: 7, metadata: "" });
  await world.feed(measurements(5, 20), 2_000_000);
  assert.equal(await counts(world), measurements(5, 20).flat().length);
});

Deno.test("StreamsApp ends where another instance has committed a state of other topics", async () => {
  const world = await worldWithPast();
  const [group, stop] = [new TestMembership([]), new AbortController()];
  let code: string | undefined;
  const running = world.app(group).run(stop.signal).catch((error) => code = error.code);
  const listener = await group.listener;
  const committed = await world.log.commitLogOf("app").committed(input);
  const commit = parseCommitMetadata(committed?.metadata);
  assert.ok(committed !== undefined && commit !== undefined);
  const lineage = { ...commit.lineage, topicId: "input#9" };
  const metadata = writeCommitMetadata({ ...commit, lineage });
  world.log.commitOffset("app", input, { ...committed, metadata });
  await listener.assigned({ ...noTasks, active: [0] });
  await until(() => code !== undefined, { what: "an end", msMax: 3_000, lookMs: 1 });
  assert.equal(code, "TOPIC_REPLACED");
  stop.abort();
  await running;
});

Deno.test("StreamsApp leaves no watch behind when it is stopped", async () => {
  const world = await worldWithPast();
  const membership = new TestMembership([0]);
  const stop = new AbortController();
  const running = world.app(membership).run(stop.signal);
  await membership.listener;
  stop.abort();
  await running;
});
