// After a reset with an input whose beginning retention had cut off, the oldest window of each
// length was made of what was left: 55 became 5, in a table whose rows do not expire.
import assert from "node:assert/strict";
import { beginGeneration, generationStart } from "../../../src/streams/commit/new_generation.ts";
import { wholeFromMs, wholeFromOfAll } from "../../../src/streams/state/cut_input.ts";
import { jsonEngineCodecs } from "../../../src/streams/state/json_engine_codecs.ts";
import { unlimited } from "../../../src/streams/topology/windows.ts";
import { changelogTopic } from "../../../src/streams/topology/topology.ts";
import { CountingWorld } from "../../support/counting_run.ts";

const changelog = { topic: changelogTopic("app", "totals"), partition: 0 };
const input = { topic: "input", partition: 0 };
const { signal } = new AbortController();
const startMs = 1_200_000;

/** Fifty-five events, one a second, each in a record of its own, of which the last five are left. */
async function cutWorld(): Promise<CountingWorld> {
  const world = new CountingWorld({ partitions: 1, rollUps: true });
  for (let i = 0; i < 55; i++) {
    await world.feed([[event(startMs + i * 1_000)]], startMs + i * 1_000);
  }
  assert.equal(await world.runToEnd(), "done");
  return world;
}

function event(timeMs: number) {
  return { key: "k", timeMs, value: 1 };
}

async function reset(world: CountingWorld): Promise<void> {
  const { log } = world;
  const job = { windows: { sizeMs: 10_000, graceMs: 5_000 }, maxFutureMs: 60_000 };
  const [wholeFromMs = null] = await wholeFromOfAll(log, [input], job);
  const codecs = jsonEngineCodecs;
  const start = await generationStart({ log, codecs }, changelog, startMs + 999_000, signal);
  log.createTopic(changelog.topic, 1);
  world.stores.wipe();
  await beginGeneration(
    { log, commitLog: log.commitLogOf("app"), codecs },
    { input, changelog, repartition: undefined },
    { ...start, wholeFromMs },
  );
}

function countOf(world: CountingWorld, key: string): number | undefined {
  const row = world.sink.rows.get(key);
  return row === undefined || row.kind === "event" ? undefined : row.count;
}

/** Events with windows that begin well behind the cut. */
async function feedWhole(world: CountingWorld): Promise<void> {
  for (let i = 0; i < 20; i++) {
    const timeMs = startMs + 240_000 + i * 1_000;
    await world.feed([[event(timeMs)]], timeMs);
  }
  assert.equal(await world.runToEnd(), "done");
}

Deno.test("beginGeneration() keeps rows of windows that the cut input makes no more", async () => {
  const world = await cutWorld();
  assert.equal(countOf(world, `k@${startMs}/60000`), 55);
  world.log.truncate(input, 50);
  await reset(world);
  await feedWhole(world);
  assert.equal(countOf(world, `k@${startMs}/60000`), 55);
  assert.equal(countOf(world, `k@${startMs + 50_000}`), 5);
  assert.equal(countOf(world, `k@${startMs + 240_000}`), 10);
  assert.equal(countOf(world, `k@${startMs + 240_000}/60000`), 20);
});

Deno.test("StreamsApp.windows() leaves out windows of which no rows are made", async () => {
  const world = await cutWorld();
  world.log.truncate(input, 50);
  await reset(world);
  await feedWhole(world);
  const stop = new AbortController();
  const app = world.app();
  const running = app.run(stop.signal);
  while (app.tasks[0]?.state !== "running") await new Promise((resolve) => setTimeout(resolve, 1));
  const query = { fromMs: 0, toMs: 9_000_000, limit: 100, sizeMs: 60_000 };
  const found = await app.windows("k", query);
  assert.deepEqual(found?.map(({ startMs }) => startMs), [startMs + 240_000]);
  assert.deepEqual(await app.windows("k", { ...query, toMs: startMs + 60_000 }), []);
  stop.abort();
  await running;
});

Deno.test("a read of a StreamsApp that its stop interrupts ends as one that comes later", async () => {
  const world = await cutWorld();
  const stop = new AbortController();
  const app = world.app();
  let stopped = false;
  const running = app.run(stop.signal).finally(() => stopped = true);
  while (app.tasks[0]?.state !== "running") await new Promise((resolve) => setTimeout(resolve, 1));
  const query = { fromMs: 0, toMs: 9_000_000, limit: 100 };
  const windows = await app.windows("k", query);
  stop.abort();
  const reads: Promise<unknown>[] = [];
  for (let i = 0; !stopped; i++) {
    reads.push(app.windows("k", query));
    await (i % 100 === 99 ? new Promise((resolve) => setTimeout(resolve)) : Promise.resolve());
  }
  await running;
  const found = await Promise.all(reads);
  for (const read of found) if (read !== undefined) assert.deepEqual(read, windows);
  assert.ok(found.includes(undefined));
  assert.deepEqual(await app.keys(0), []);
});

Deno.test("wholeFromOfAll() is that of all partitions, and not known of one that is empty", async () => {
  const world = new CountingWorld({ partitions: 3 });
  const inputs = [0, 1, 2].map((partition) => ({ topic: "input", partition }));
  const write = (partition: number, timestampMs: number) =>
    world.log.write({ topic: "input", partition, timestampMs, key: null, value: null }, undefined);
  for (const timestampMs of [1_000, 2_000]) for (const at of [0, 1, 2]) write(at, timestampMs + at);
  const job = { windows: { sizeMs: 10_000, graceMs: 5_000 }, maxFutureMs: 60_000 };
  assert.deepEqual(await wholeFromOfAll(world.log, inputs, job), [0, 0, 0]);
  world.log.truncate({ topic: "input", partition: 1 }, 1);
  assert.deepEqual(await wholeFromOfAll(world.log, inputs, job), [67_002, 67_002, 67_002]);
  world.log.truncate({ topic: "input", partition: 2 }, 2);
  assert.deepEqual(await wholeFromOfAll(world.log, inputs, job), [67_002, 67_002, null]);
});

Deno.test.each([
  { what: "windows", windows: { sizeMs: 10, graceMs: 5 }, wholeMs: 1_106 },
  {
    what: "sessions, by a gap more",
    windows: { sizeMs: 10, graceMs: 5, sessions: true },
    wholeMs: 1_116,
  },
  { what: "what has no end, which counts what is left", windows: unlimited, wholeMs: 0 },
])("wholeFromMs() is behind the cut for $what", ({ windows, wholeMs }) => {
  assert.equal(wholeFromMs(1_000, { windows, maxFutureMs: 100 }), wholeMs);
});
