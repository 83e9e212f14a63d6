import assert from "node:assert/strict";
import { systemClock } from "../../../src/base/clock.ts";
import { type MoveReport, moveState } from "../../../src/streams/moving/move_state.ts";
import { parseCommitMetadata } from "../../../src/streams/commit/commit_metadata.ts";
import { partitionForKey } from "../../../src/streams/partitioner.ts";
import type { CommitLog, FencedWriter } from "../../../src/streams/ports.ts";
import { PartsWriter } from "../../../src/streams/repartition_record.ts";
import { identityHeaders } from "../../../src/streams/record_identity.ts";
import type { LineageTopics } from "../../../src/streams/state/lineage.ts";
import type { TaskMeta } from "../../../src/streams/state/state.ts";
import { metaKey } from "../../../src/streams/state/store_keys.ts";
import { MemoryStores } from "../../../src/streams/testing/mod.ts";
import { encodeText } from "../../../src/streams/text.ts";
import { jsonEngineCodecs } from "../../../src/streams/state/json_engine_codecs.ts";
import { CountingWorld } from "../../support/counting_run.ts";
import { type Measurement, measurementRecord, rowKey } from "../../support/counting_topology.ts";
import { measurements } from "../../support/measurements.ts";

const topics = {
  input: "input",
  changelog: "app-totals-changelog",
  repartition: "app-repartition",
};
const keys = Array.from({ length: 30 }, (_, i) => i === 7 ? "nul\0key" : `key-${i}`);
const input = measurements(11, 400, keys);
const half = input.length / 2;
const signal = new AbortController().signal;

function worldOf(partitions: number): CountingWorld {
  const world = new CountingWorld({ partitions, rollUps: true, repartition: true });
  world.log.createTopic(topics.repartition, partitions);
  return world;
}

async function run(world: CountingWorld, records: readonly Measurement[][]): Promise<void> {
  await world.feed(records, 2_000_000);
  assert.equal(await world.runToEnd(), "done");
}

function addPartitions(world: CountingWorld, to: number): void {
  const all = [...Object.values(topics), "input-late", "input-dead-letters"];
  for (const topic of all) world.log.addPartitions(topic, to);
  world.partitions = to;
}

function move(
  world: CountingWorld,
  commitLog?: CommitLog,
  of: LineageTopics = topics,
): Promise<MoveReport> {
  return moveState(
    {
      log: world.log,
      commitLog: commitLog ?? world.log.commitLogOf("app"),
      copies: new MemoryStores(),
      codecs: jsonEngineCodecs,
      clock: systemClock,
    },
    of,
    signal,
  );
}

/** Rows of windows as values alone: write times are later after a move. */
function windows(world: CountingWorld): Map<string, object> {
  assert.deepEqual(world.sink.violations, []);
  const rows = [...world.sink.rows.values()].filter((row) => row.kind !== "event");
  return new Map(
    rows.map((row) => [rowKey(row), { ...row, versionUs: 0 }] as const)
      .sort(([a], [b]) => a < b ? -1 : 1),
  );
}

async function neverMoved(partitions: number): Promise<CountingWorld> {
  const world = worldOf(partitions);
  await run(world, input.slice(0, half));
  await run(world, input.slice(half));
  return world;
}

/** What the stores hold, by key of the row, wherever it is. */
function contents(world: CountingWorld): string[] {
  return world.stores.contents().filter(([, key]) => key !== "6d")
    .map(([partition, key]) => `${partition} ${key}`);
}

Deno.test.each([[2, 5], [1, 3], [3, 4], [2, 4], [4, 4]])(
  "moveState() from %i to %i partitions makes the rows of a run that had them from the start",
  async (from, to) => {
    const world = worldOf(from);
    await run(world, input.slice(0, half));
    const before = new Map([...world.sink.rows].map(([id, { versionUs }]) => [id, versionUs]));
    addPartitions(world, to);
    const report = await move(world);
    assert.equal(report.from, from);
    assert.equal(report.copied > 0, from < to);
    assert.equal(report.deleted, report.copied);
    await run(world, input.slice(half));
    const wanted = await neverMoved(to);
    assert.deepEqual(windows(world), windows(wanted));
    assert.deepEqual(contents(world), contents(wanted));
    assert.deepEqual(world.counts(), wanted.counts());
    for (const [id, { versionUs }] of world.sink.rows) {
      assert.ok(versionUs >= (before.get(id) ?? 0), id);
    }
    assert.deepEqual(await move(world), { from: to, to, copied: 0, deleted: 0, unread: 0 });
  },
);

/** Fails at a commit, before or after it happens. */
function failing(commitLog: CommitLog, at: number, when: "before" | "after"): CommitLog {
  let commits = 0;
  return {
    committed: (place) => commitLog.committed(place),
    positions: () => commitLog.positions(),
    async fence(place): Promise<FencedWriter> {
      const writer = await commitLog.fence(place);
      return {
        get spent() {
          return writer.spent;
        },
        async commit(transaction) {
          const dies = ++commits === at;
          if (dies && when === "before") throw new Error("crash");
          const position = await writer.commit(transaction);
          if (dies) throw new Error("crash");
          return position;
        },
        [Symbol.asyncDispose]: () => writer[Symbol.asyncDispose](),
      };
    },
  };
}

Deno.test("moveState() that was cut short anywhere is done again, and nothing is lost", async () => {
  const wanted = windows(await neverMoved(5));
  let crashes = 0;
  for (let at = 1;; at++) {
    const world = worldOf(2);
    await run(world, input.slice(0, half));
    addPartitions(world, 5);
    const commitLog = failing(world.log.commitLogOf("app"), at, at % 2 === 0 ? "after" : "before");
    const outcome = await move(world, commitLog).then(() => "done", () => "crashed");
    if (outcome === "done") break;
    crashes += 1;
    await move(world, failing(world.log.commitLogOf("app"), at, "before")).catch(() => {});
    await move(world);
    await run(world, input.slice(half));
    assert.deepEqual(windows(world), wanted, `crash at commit ${at}`);
  }
  assert.ok(crashes >= 10, String(crashes)); // copies, positions, deletions
});

Deno.test("moveState() takes nothing for state that an earlier move has left behind", async () => {
  const world = worldOf(2);
  await run(world, input.slice(0, 100));
  addPartitions(world, 4);
  const deletion = 2 + 4 + 1; // after copies to two partitions, and four positions
  await assert.rejects(move(world, failing(world.log.commitLogOf("app"), deletion, "before")));
  await run(world, input.slice(100, half));
  addPartitions(world, 5);
  await move(world);
  await run(world, input.slice(half));
  assert.deepEqual(windows(world), windows(await neverMoved(5)));
});

Deno.test("moveState() leaves input that was not read to the tasks, which send it on", async () => {
  const world = worldOf(2);
  await run(world, input.slice(0, half));
  await world.feed(input.slice(half, half + 20), 2_000_000);
  addPartitions(world, 5);
  assert.ok((await move(world)).unread >= 20);
  await run(world, input.slice(half + 20));
  const wanted = (await neverMoved(5)).counts().read;
  for (let turn = 0; turn < 20 && world.counts().read < wanted; turn++) {
    assert.equal(await world.runToEnd(), "done");
  }
  assert.equal(world.counts().read, wanted);
  assert.ok(world.counts().rekeyed > 0);
});

Deno.test("moveState() sends what waits to be re-keyed to where its keys are now", async () => {
  const world = worldOf(2);
  await run(world, input.slice(0, half));
  const waiting = new PartsWriter(topics.repartition);
  for (const [index, events] of input.slice(half).entries()) {
    const { key, value } = measurementRecord(events, 0);
    assert.ok(key !== null && value !== null);
    waiting.add(partitionForKey(key, 2), {
      value,
      keys: events.map(() => key),
      timestampMs: 2_000_000 + half + index,
      origin: { input: 0, partition: 0, offset: index, indexes: [...events.keys()] },
    });
  }
  await world.log.append(waiting.records());
  addPartitions(world, 5);
  await move(world);
  await run(world, []);
  const wanted = await neverMoved(5);
  assert.deepEqual(world.counts(), wanted.counts());
  assert.deepEqual(contents(world), contents(wanted));
});

// Only its job can cut a value: it goes whole to each partition that has a key of it.
Deno.test("moveState() sends events that waited together to where each is now, each once", async () => {
  const world = worldOf(2);
  const waiting = new PartsWriter(topics.repartition);
  for (const [offset, events] of Array.from(chunks(input.slice(0, half), 4)).entries()) {
    const together = events.flat();
    const { value } = measurementRecord(together, 0);
    const bytes = together.map(({ key }) => encodeText(key).slice());
    for (const partition of [0, 1]) {
      waiting.add(partition, {
        value: value ?? new Uint8Array(),
        keys: bytes.map((key) => partitionForKey(key, 2) === partition ? key : undefined),
        timestampMs: 2_000_000,
        origin: { input: 0, partition: 0, offset, indexes: [...together.keys()] },
      });
    }
  }
  await world.log.append(waiting.records());
  assert.equal(await world.runToEnd(), "done");
  const unmoved = windows(world);

  const moved = worldOf(2);
  await run(moved, []);
  await moved.log.append(waiting.records());
  addPartitions(moved, 5);
  await move(moved);
  await run(moved, []);
  assert.equal(moved.counts().read, input.slice(0, half).flat().length);
  assert.deepEqual(windows(moved), unmoved);
});

Deno.test("moveState() takes what a producer sends again for a repeat", async () => {
  const world = worldOf(2);
  const sent = input.slice(0, half).map((events, index) => ({
    ...measurementRecord(events, 2_000_000 + index),
    headers: identityHeaders({ producerId: "p", sequence: index + 1 }),
  }));
  // The producer died before it knew of the last ones; that of partition 1 is not there.
  const inOne = sent.findLast(({ key }) => partitionForKey(key ?? encodeText(""), 2) === 1);
  await world.log.append(sent.filter((record) => record !== inOne));
  assert.equal(await world.runToEnd(), "done");
  addPartitions(world, 5);
  await move(world);
  await world.log.append(sent.slice(-40));
  assert.equal(await world.runToEnd(), "done");
  const { read, duplicates } = world.counts();
  const events = (records: readonly Measurement[][]) => records.flat().length;
  const lost = input[sent.indexOf(inOne as typeof sent[number])] as Measurement[];
  assert.equal(duplicates, events(input.slice(half - 40, half)) - lost.length);
  assert.equal(read - duplicates, events(input.slice(0, half)));
});

Deno.test("moveState() takes results along that were committed and not shown", async () => {
  const world = worldOf(1);
  world.log.readRecordsMax = half;
  world.sink.hook = (step, rows) => {
    if (step === "before-write" && rows.some(({ kind }) => kind === "window")) {
      throw new Error("crash");
    }
  };
  await world.feed(input.slice(0, half), 2_000_000);
  assert.equal(await world.runToEnd(), "crashed");
  world.sink.hook = () => {};
  addPartitions(world, 3);
  await move(world);
  assert.equal(await world.runToEnd(), "done");
  const wanted = worldOf(3);
  await run(wanted, input.slice(0, half));
  assert.deepEqual(windows(world), windows(wanted));
});

Deno.test("moveState() sends records of the repartition topic on that are not of our writing", async () => {
  const world = worldOf(2);
  await run(world, input.slice(0, half));
  const foreign = { key: encodeText("k"), value: encodeText("not ours"), timestampMs: 2_000_000 };
  await world.log.append([{ ...foreign, topic: topics.repartition, partition: 1 }]);
  addPartitions(world, 5);
  await move(world);
  await run(world, []);
  assert.equal(world.counts().deadLetters, 1);
});

Deno.test("moveState() of a job that sends nothing on wants all of its input read", async () => {
  const alone = { ...topics, repartition: undefined };
  const world = new CountingWorld({ partitions: 2, rollUps: true });
  await run(world, input.slice(0, half));
  await world.feed(input.slice(half, half + 1), 2_000_000);
  // Nothing moves, so nothing has to be sent on.
  assert.ok((await move(world, undefined, alone)).unread > 0);
  for (const topic of ["input", topics.changelog]) world.log.addPartitions(topic, 5);
  await assert.rejects(move(world, undefined, alone), {
    code: "PARTITIONS_CHANGED",
    message: /all of its input must be read.*: \d+ records wait$/,
  });
});

Deno.test("moveState() refuses the state of another topic of that name", async () => {
  const world = worldOf(2);
  await run(world, input.slice(0, half));
  world.log.createTopic("input", 5);
  addPartitions(world, 5);
  await assert.rejects(move(world), { code: "TOPIC_REPLACED" });
});

/** What the tasks know about themselves, as the changelog says. */
function metas(world: CountingWorld): TaskMeta[] {
  const last = new Map<number, TaskMeta>();
  for (const { partition, key, value } of world.log.visible(topics.changelog)) {
    if (key?.toHex() !== metaKey.toHex() || value === null) continue;
    last.set(partition, jsonEngineCodecs.meta.decode(value));
  }
  return [...last.values()];
}

/** Commits what a task knows about itself with another time. */
async function setTime(world: CountingWorld, partition: number, timeMs: number): Promise<void> {
  const place = { topic: "input", partition };
  const changelog = { topic: topics.changelog, partition };
  const commitLog = world.log.commitLogOf("app");
  const committed = await commitLog.committed(place);
  const meta = { ...metas(world)[partition] as TaskMeta, timeMs };
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

Deno.test("moveState() continues everywhere with the latest time that processors saw", async () => {
  const world = worldOf(2);
  await run(world, input.slice(0, half));
  await setTime(world, 0, 7_000);
  await setTime(world, 1, 5_000);
  addPartitions(world, 5);
  await move(world);
  assert.deepEqual(metas(world).map(({ timeMs }) => timeMs), Array(5).fill(7_000));
});

Deno.test("moveState() leaves no time behind without processors, and no owner to wait for", async () => {
  const world = worldOf(2);
  await run(world, input.slice(0, half));
  addPartitions(world, 5);
  await move(world);
  assert.ok(!metas(world).some((meta) => "timeMs" in meta));
  const positions = await world.log.commitLogOf("app").positions();
  const isClosed = true;
  const closed = positions.map(({ metadata }) => parseCommitMetadata(metadata)?.closed);
  assert.deepEqual(closed, closed.map(() => isClosed));
});

Deno.test("moveState() closes a writer that is spent before it takes another", async () => {
  const world = worldOf(2);
  await run(world, input.slice(0, half));
  addPartitions(world, 5);
  const open = new Map<number, number>();
  const commitLog = world.log.commitLogOf("app");
  await move(world, {
    committed: (place) => commitLog.committed(place),
    positions: () => commitLog.positions(),
    async fence(place) {
      const { partition } = place;
      const writer = await commitLog.fence(place);
      assert.equal(open.get(partition) ?? 0, 0);
      open.set(partition, 1);
      let spent = false;
      return {
        get spent() {
          return spent;
        },
        async commit(transaction) {
          assert.ok(!spent);
          spent = true;
          return await writer.commit(transaction);
        },
        async [Symbol.asyncDispose]() {
          open.set(partition, 0);
          await writer[Symbol.asyncDispose]();
        },
      };
    },
  });
  assert.deepEqual([...open.values()], [0, 0, 0, 0, 0]);
});

Deno.test("moveState() has nothing to do where there is no state", async () => {
  const report = await move(worldOf(2));
  assert.deepEqual(report, { from: 2, to: 2, copied: 0, deleted: 0, unread: 0 });
});

function* chunks<T>(all: readonly T[], size: number): Generator<readonly T[]> {
  for (let from = 0; from < all.length; from += size) yield all.slice(from, from + size);
}
