// Rows of results lived from the beginning of a commit to its end, five for each changed key: most
// of what a commit of many keys took in memory, and a quarter of the time went into collecting it.
import assert from "node:assert/strict";
import { resultsOf } from "../../../src/streams/commit/changed_results.ts";
import { Committer } from "../../../src/streams/commit/commit.ts";
import { rowKey } from "../../../src/streams/state/store_keys.ts";
import { TopologyTestDriver } from "../../../src/streams/testing/mod.ts";
import { CountingWorld } from "../../support/counting_run.ts";
import {
  type CountingRow,
  countingTopology,
  measurementRecord,
} from "../../support/counting_topology.ts";
import { MemoryStores } from "../../../src/streams/testing/memory_stores.ts";
import { systemClock } from "../../../src/base/clock.ts";
import { systemRandom } from "../../../src/base/random.ts";

const startMs = 6_000_000; // begins a roll-up of each length

Deno.test("a commit makes rows of results when the sink has taken those before them", async () => {
  const graceMs = 30_000_000;
  const world = new CountingWorld({ partitions: 1, graceMs, retentionMs: 2 * graceMs });
  const [rows] = world.topology.rows;
  assert.ok(rows !== undefined);
  let made = 0;
  world.topology = {
    ...world.topology,
    events: undefined,
    rows: [{
      ...rows,
      make(result) {
        made += 1;
        return rows.make(result);
      },
    }],
  };
  const madeAtWrite: number[] = [];
  world.sink.hook = (step) => step === "before-write" && madeAtWrite.push(made);
  const windows = Array.from(
    { length: 2_500 },
    (_, i) => ({ key: "k", timeMs: 10_000 * i, value: 1 }),
  );
  await world.feed([windows], 25_000_000);
  await world.runToEnd();
  assert.deepEqual(madeAtWrite, [2_000, 2_500]);
});

Deno.test("Committer makes no rows where no one wants them", async () => {
  const world = new CountingWorld({ partitions: 1 });
  const input = { topic: "input", partition: 0 };
  const commitLog = world.log.commitLogOf("app");
  const lineage = {
    topic: "input",
    topicId: "i",
    partitions: 1,
    changelogId: "c",
    repartitionId: "",
  };
  await using committer = new Committer<CountingRow>(
    {
      sink: undefined,
      commitLog,
      store: await new MemoryStores().open(input, "c"),
      clock: systemClock,
      random: systemRandom,
      onProductionError: () => "stop",
    },
    {
      input,
      lineage,
      changelog: { ...input, topic: "app-totals-changelog" },
      repartition: undefined,
    },
    await commitLog.fence(input),
    undefined,
    () => {},
  );
  const rows = {
    [Symbol.iterator](): Iterator<CountingRow> {
      throw new Error("rows were made");
    },
  };
  const { signal } = new AbortController();
  await committer.show(rows, signal);
});

Deno.test("roll-ups are shown with windows that the same commit changed in rows of their own", async () => {
  const job = countingTopology({
    rollUps: true,
    graceMs: 200_000,
    rollUpRetentionMs: 1_000_000,
    maxFutureMs: 1_000_000,
  });
  await using driver = await TopologyTestDriver.start(job, { startMs });
  const pipe = (...distancesMs: number[]) =>
    driver.pipe(
      ...distancesMs.map((ms) =>
        measurementRecord([{ key: "k", timeMs: startMs + ms, value: 1 }], startMs)
      ),
    );
  await pipe(...Array.from({ length: 12 }, (_, window) => window * 10_000));
  await driver.commit();
  const before = driver.rows.length;
  const writtenBefore = driver.changelog.length;
  await pipe(1_000);
  await driver.commit();
  // The window that changed, its key's row, the task's record: the other rows are not written again.
  assert.equal(driver.changelog.length - writtenBefore, 3);
  const shown = driver.rows.slice(before).flatMap((row) =>
    row.kind === "event" ? [] : [`${row.startMs - startMs} ${row.kind}: ${row.count}`]
  );
  assert.deepEqual(shown, ["0 window: 2", "0 roll-up: 3", "0 roll-up: 7"]);
});

Deno.test("resultsOf() gives no result of a length that the job no longer has", () => {
  const job = countingTopology();
  const state = { aggregate: { count: 1, sum: 2 }, versionUs: 1, receivedAtMs: 1, final: false };
  const value = job.windowCodec.encode(state);
  const store = { get: () => undefined };
  const resultsAt = (
    sizeMs: number | undefined,
  ) => [...resultsOf(job, store, { key: rowKey("k", sizeMs, startMs), value })];
  assert.equal(resultsAt(undefined).length, 1);
  assert.equal(resultsAt(60_000).length, 0);
});
