import assert from "node:assert/strict";
import { partitionForKey } from "../../../src/streams/partitioner.ts";
import type { CommitLog, FencedWriter, Transaction } from "../../../src/streams/ports.ts";
import { waitingBytesMax } from "../../../src/streams/processing/waiting_records.ts";
import { identityHeaders } from "../../../src/streams/record_identity.ts";
import { presentLineage } from "../../../src/streams/state/lineage.ts";
import { windowKey } from "../../../src/streams/state/store_keys.ts";
import { refuseOtherCommit } from "../../../src/streams/task/find_place.ts";
import { MemoryStores } from "../../../src/streams/testing/mod.ts";
import { encodeText } from "../../../src/streams/text.ts";
import { CountingWorld } from "../../support/counting_run.ts";
import { type Measurement, measurementRecord } from "../../support/counting_topology.ts";
import {
  addPartitions,
  contents,
  half,
  input,
  keys,
  move,
  neverMoved,
  run,
  topics,
  windows,
  worldOf,
} from "../../support/moved_world.ts";

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

type Commit = FencedWriter["commit"];

/** A log whose commits another function carries out. */
function committing(
  commitLog: CommitLog,
  commit: (transaction: Transaction, next: Commit) => ReturnType<Commit>,
): CommitLog {
  return {
    committed: (place) => commitLog.committed(place),
    positions: () => commitLog.positions(),
    async fence(place): Promise<FencedWriter> {
      const writer = await commitLog.fence(place);
      return {
        get spent() {
          return writer.spent;
        },
        commit: (transaction) => commit(transaction, (each) => writer.commit(each)),
        [Symbol.asyncDispose]: () => writer[Symbol.asyncDispose](),
      };
    },
  };
}

/** Fails at a commit, before or after it happens. */
function failing(world: CountingWorld, at: number, when: "before" | "after"): CommitLog {
  let commits = 0;
  return committing(world.log.commitLogOf("app"), async (transaction, next) => {
    const dies = ++commits === at;
    if (dies && when === "before") throw new Error("crash");
    const position = await next(transaction);
    if (dies) throw new Error("crash");
    return position;
  });
}

Deno.test("moveState() moves much in several transactions", async () => {
  const world = worldOf(1);
  const long = Array.from({ length: 3_000 }, (_, i) => `${i}`.padEnd(8_000, "x"));
  await run(world, long.map((key) => [{ key, timeMs: 10_000, value: 1 }]));
  addPartitions(world, 2);
  const sizes: number[] = [];
  const commitLog = committing(world.log.commitLogOf("app"), (transaction, next) => {
    const bytes = transaction.records.map(({ key, value }) =>
      (key?.length ?? 0) + (value?.length ?? 0)
    );
    sizes.push(bytes.reduce((sum, one) => sum + one, 0));
    return next(transaction);
  });
  const { copied } = await move(world, { commitLog });
  assert.ok(copied > 1_000 && copied < 2_000, `${copied}`);
  const most = Math.max(...sizes);
  assert.ok(most >= waitingBytesMax && most < waitingBytesMax + 10_000, `${sizes}`);
});

Deno.test("moveState() that was cut short anywhere is done again, and nothing is lost", async () => {
  const wanted = windows(await neverMoved(5));
  let crashes = 0;
  for (let at = 1;; at++) {
    const world = worldOf(2);
    await run(world, input.slice(0, half));
    addPartitions(world, 5);
    const commitLog = failing(world, at, at % 2 === 0 ? "after" : "before");
    const outcome = await move(world, { commitLog }).then(() => "done", () => "crashed");
    if (outcome === "done") break;
    crashes += 1;
    await move(world, { commitLog: failing(world, at, "before") }).catch(() => {});
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
  await assert.rejects(move(world, { commitLog: failing(world, deletion, "before") }));
  await run(world, input.slice(100, half));
  addPartitions(world, 5);
  await move(world);
  await run(world, input.slice(half));
  assert.deepEqual(windows(world), windows(await neverMoved(5)));
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

Deno.test("moveState() of a job that sends nothing on wants all of its input read", async () => {
  const alone = { ...topics, repartition: undefined };
  const world = new CountingWorld({ partitions: 2, rollUps: true });
  await run(world, input.slice(0, half));
  await world.feed(input.slice(half, half + 1), 2_000_000);
  // Nothing moves, so nothing has to be sent on.
  assert.ok((await move(world, { of: alone })).unread > 0);
  for (const topic of ["input", topics.changelog]) world.log.addPartitions(topic, 5);
  await assert.rejects(move(world, { of: alone }), {
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

Deno.test("moveState() closes a writer that is spent before it takes another, and all at the end", async () => {
  const world = worldOf(2);
  await run(world, input.slice(0, half));
  addPartitions(world, 5);
  const open = new Map<number, number>();
  const real = world.log.commitLogOf("app");
  const copies = new MemoryStores();
  await move(world, {
    copies,
    commitLog: {
      committed: (place) => real.committed(place),
      positions: () => real.positions(),
      async fence(place) {
        const { partition } = place;
        const writer = await real.fence(place);
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
    },
  });
  assert.deepEqual([...open.values()], [0, 0, 0, 0, 0]);
  // Which are locked as long as they are open.
  assert.equal((await move(world, { copies })).copied, 0);
});

Deno.test("moveState() has nothing to do where there is no state", async () => {
  const report = await move(worldOf(2));
  assert.deepEqual(report, { from: 2, to: 2, copied: 0, deleted: 0, unread: 0 });
});

Deno.test("moveState() lets no task begin before all partitions have their positions", async () => {
  const world = worldOf(2);
  await run(world, input.slice(0, half));
  addPartitions(world, 5);
  const positions = 2 + 3; // after copies from one partition, and from the other
  await assert.rejects(move(world, { commitLog: failing(world, positions, "before") }));
  const lineage = await presentLineage(world.log, topics);
  const { input: topic, changelog } = topics;
  for (const { partition, ...committed } of await world.log.commitLogOf("app").positions()) {
    const place = {
      input: { topic, partition },
      changelog: { topic: changelog, partition },
      lineage,
    };
    assert.throws(() => refuseOtherCommit({ ...place, repartition: undefined }, committed), {
      code: "PARTITIONS_CHANGED",
    });
  }
});

Deno.test("moveState() writes many entries at once, but not too many, and nothing where is none", async () => {
  const world = worldOf(1);
  await run(world, input.slice(0, 1));
  const key = keys.find((key) => partitionForKey(encodeText(key), 3) === 1) ?? "";
  const value = encodeText("a window");
  await world.log.append(
    Array.from({ length: 10_001 }, (_, at) => windowKey(key, at)).map((key) => ({
      topic: topics.changelog,
      partition: 0,
      timestampMs: 0,
      key,
      value,
    })),
  );
  world.log.readRecordsMax = 10_000;
  addPartitions(world, 3);
  const written: string[] = [];
  const commitLog = committing(world.log.commitLogOf("app"), (transaction, next) => {
    const { input: { partition }, records } = transaction;
    written.push(`${records.length} to ${partition}`);
    return next(transaction);
  });
  await move(world, { commitLog });
  assert.deepEqual(written, [
    ...["5000 to 1", "5000 to 1", "1 to 1"],
    ...["1 to 0", "1 to 1", "1 to 2"], // positions
    ...["5000 to 0", "5000 to 0", "1 to 0"], // deletions
  ]);
});

Deno.test("moveState() moves the state of a job that sends nothing on", async () => {
  const alone = { repartition: false };
  const world = worldOf(2, alone);
  await run(world, input.slice(0, half));
  addPartitions(world, 5);
  await move(world, { of: { ...topics, repartition: undefined } });
  await run(world, input.slice(half));
  assert.deepEqual(windows(world), windows(await neverMoved(5, alone)));
});
