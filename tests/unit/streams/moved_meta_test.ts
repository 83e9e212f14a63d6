import assert from "node:assert/strict";
import { parseCommitMetadata } from "../../../src/streams/commit/commit_metadata.ts";
import { jsonEngineCodecs } from "../../../src/streams/state/json_engine_codecs.ts";
import type { TaskMeta } from "../../../src/streams/state/state.ts";
import { metaKey } from "../../../src/streams/state/store_keys.ts";
import type { CountingWorld } from "../../support/counting_run.ts";
import {
  addPartitions,
  half,
  input,
  move,
  run,
  topics,
  worldOf,
} from "../../support/moved_world.ts";

/** What the tasks know about themselves, as the changelog says. */
function metas(world: CountingWorld): TaskMeta[] {
  const last = new Map<number, TaskMeta>();
  for (const { partition, key, value } of world.log.visible(topics.changelog)) {
    if (key?.toHex() !== metaKey.toHex() || value === null) continue;
    last.set(partition, jsonEngineCodecs.meta.decode(value));
  }
  return [...last.values()];
}

/** Commits what a task knows about itself with other parts. */
async function setMeta(
  world: CountingWorld,
  partition: number,
  parts: Partial<TaskMeta>,
): Promise<void> {
  const place = { topic: topics.input, partition };
  const changelog = { topic: topics.changelog, partition };
  const commitLog = world.log.commitLogOf("app");
  const committed = await commitLog.committed(place);
  const meta = { ...metas(world)[partition] as TaskMeta, ...parts };
  const value = jsonEngineCodecs.meta.encode(meta);
  await using writer = await commitLog.fence(place);
  await writer.commit({
    records: [{ ...changelog, timestampMs: 0, key: metaKey, value }],
    changelog,
    input: place,
    inputOffset: meta.inputOffset,
    metadata: () => committed?.metadata ?? "",
  });
}

Deno.test.each<{ what: string; of: Partial<TaskMeta>[]; all: Partial<TaskMeta> }>([
  {
    what: "the latest time that processors saw",
    of: [{ timeMs: 7_000 }, { timeMs: 5_000 }],
    all: { timeMs: 7_000 },
  },
  {
    what: "the time that processors saw in one partition",
    of: [{ timeMs: 7_000 }, {}],
    all: { timeMs: 7_000 },
  },
  {
    what: "rows of those windows that lack nothing in any partition",
    of: [{ wholeFromMs: 7_000 }, { wholeFromMs: 5_000 }],
    all: { wholeFromMs: 7_000 },
  },
  {
    what: "no knowledge which windows lack nothing where no partition has it",
    of: [{ wholeFromMs: null }, { wholeFromMs: null }],
    all: { wholeFromMs: null },
  },
])("moveState() continues everywhere with $what", async ({ of, all }) => {
  const world = worldOf(2);
  await run(world, input.slice(0, half));
  for (const [partition, parts] of of.entries()) await setMeta(world, partition, parts);
  addPartitions(world, 5);
  await move(world);
  const found = metas(world).map((meta) => ({ ...meta, ...all }));
  assert.equal(found.length, 5);
  assert.deepEqual(metas(world), found);
});

Deno.test.each([
  { which: "all", records: input.slice(0, half) },
  { which: "some", records: input.slice(0, 1) },
])(
  "moveState() leaves no time behind without processors, and no owner to wait for, with state in $which partitions",
  async ({ records }) => {
    const world = worldOf(2);
    await run(world, records);
    addPartitions(world, 5);
    await move(world);
    assert.ok(!metas(world).some((meta) => "timeMs" in meta));
    const positions = await world.log.commitLogOf("app").positions();
    const closed = positions.map(({ metadata }) => parseCommitMetadata(metadata)?.closed);
    assert.deepEqual([closed.length, new Set(closed)], [5, new Set([true])]);
  },
);
