import assert from "node:assert/strict";
import { PipelineError } from "../../../src/base/errors.ts";
import { parseCommitMetadata } from "../../../src/streams/commit/commit_metadata.ts";
import { beginGeneration, generationStart } from "../../../src/streams/commit/new_generation.ts";
import { jsonEngineCodecs } from "../../../src/streams/state/json_engine_codecs.ts";
import { presentLineage } from "../../../src/streams/state/lineage.ts";
import { firstMeta } from "../../../src/streams/state/state.ts";
import { keyStateKey, metaKey } from "../../../src/streams/state/store_keys.ts";
import { changelogTopic } from "../../../src/streams/topology/topology.ts";
import { countingTopology } from "../../support/counting_topology.ts";
import { CountingWorld } from "../../support/counting_run.ts";

const receivedAtMs = 2_000_000;
const changelog = { topic: changelogTopic("app", "totals"), partition: 0 };
const input = { topic: "input", partition: 0 };
const { signal } = new AbortController();

async function processedWorld(): Promise<CountingWorld> {
  const world = new CountingWorld({ partitions: 1 });
  await world.feed([
    [{ key: "a", timeMs: receivedAtMs, value: 3 }],
    [{ key: "a", timeMs: receivedAtMs + 1, value: 4 }],
  ], receivedAtMs);
  assert.equal(await world.runToEnd(), "done");
  return world;
}

/** Write times of all rows, microseconds, by row. */
function writeTimes(world: CountingWorld): Map<string, number> {
  return new Map([...world.sink.rows].map(([row, { versionUs }]) => [row, versionUs]));
}

Deno.test.each([
  { nowMs: receivedAtMs - 1_000_000, why: "write times that ran ahead of the clock" },
  { nowMs: receivedAtMs + 1_000_000, why: "write times of the past" },
])("beginGeneration() makes rows win over those with $why", async ({ nowMs }) => {
  const world = await processedWorld();
  const before = writeTimes(world);
  const sources = { log: world.log, codecs: jsonEngineCodecs };
  const start = await generationStart(sources, changelog, nowMs, signal);
  assert.ok(start.startMs >= nowMs);
  world.log.createTopic(changelog.topic, 1);
  world.stores.wipe();
  const ports = {
    log: world.log,
    commitLog: world.log.commitLogOf("app"),
    codecs: jsonEngineCodecs,
  };
  const place = { input, changelog, repartition: undefined };
  const { inputOffset } = await beginGeneration(ports, place, { ...start, wholeFromMs: 0 });
  assert.equal(inputOffset, 0);
  const committed = await ports.commitLog.committed(input);
  assert.ok(parseCommitMetadata(committed?.metadata ?? "")?.closed, "no one is to be waited for");
  assert.equal(await world.runToEnd(), "done");
  const after = writeTimes(world);
  assert.ok(before.size > 0);
  for (const [row, versionUs] of before) assert.ok((after.get(row) ?? 0) > versionUs, row);
  assert.deepEqual(world.sink.violations, []);
});

Deno.test("generationStart() is as far as the rules had moved write times", async () => {
  const world = await processedWorld();
  world.topology = countingTopology({ graceMs: 0 });
  await world.feed([[{ key: "a", timeMs: receivedAtMs + 2, value: 5 }]], receivedAtMs + 2);
  assert.equal(await world.runToEnd(), "done");
  const sources = { log: world.log, codecs: jsonEngineCodecs };
  const { startMs, changes } = await generationStart(sources, changelog, 0, signal);
  assert.deepEqual([startMs, changes], [receivedAtMs + 1_003, 2]);
});

Deno.test("generationStart() passes over rules that another version wrote", async () => {
  const world = await processedWorld();
  const unreadable = () => {
    throw new PipelineError("STATE_UNREADABLE", "of another version");
  };
  const codecs = { meta: { ...jsonEngineCodecs.meta, decode: unreadable } };
  const { changes } = await generationStart({ log: world.log, codecs }, changelog, 0, signal);
  assert.equal(changes, 1);
  const bug = () => {
    throw new RangeError("a bug");
  };
  const broken = { meta: { ...jsonEngineCodecs.meta, decode: bug } };
  const start = generationStart({ log: world.log, codecs: broken }, changelog, 0, signal);
  await assert.rejects(start, RangeError);
});

Deno.test("generationStart() takes no entry of a key for what the task knows about itself", async () => {
  const world = await processedWorld();
  const topics = { input: input.topic, changelog: changelog.topic, repartition: undefined };
  const meta = firstMeta(await presentLineage(world.log, topics), 0);
  const value = jsonEngineCodecs.meta.encode({ ...meta, rules: { ...meta.rules, changes: 9 } });
  for (const key of ["", "key"].map(keyStateKey)) {
    world.log.write({ ...changelog, timestampMs: 0, key, value }, undefined);
  }
  world.log.write({ ...changelog, timestampMs: 0, key: metaKey, value: null }, undefined);
  const sources = { log: world.log, codecs: jsonEngineCodecs };
  assert.equal((await generationStart(sources, changelog, 0, signal)).changes, 1);
});

Deno.test("generationStart() is now for a changelog that holds nothing", async () => {
  const world = new CountingWorld({ partitions: 1 });
  const sources = { log: world.log, codecs: jsonEngineCodecs };
  const start = await generationStart(sources, changelog, 7, signal);
  assert.deepEqual(start, { startMs: 7, changes: 1 });
});
