import assert from "node:assert/strict";
import type { LogRecord } from "../../../src/streams/record.ts";
import { aheadOfRows } from "../../../src/streams/state/reissue.ts";
import { firstMeta } from "../../../src/streams/state/state.ts";
import { keyStateKey } from "../../../src/streams/state/store_keys.ts";
import { WriteCache } from "../../../src/streams/state/write_cache.ts";
import { MemoryStores } from "../../../src/streams/testing/mod.ts";
import { CountingWorld } from "../../support/counting_run.ts";
import { type CountingRow, countingTopology, rowKey } from "../../support/counting_topology.ts";
import { measurements } from "../../support/measurements.ts";

const lostUs = 99_000_000_000;

/** Leaves a roll-up of 20 s open whose only part is final. */
const gap = [1_001_000, 1_021_000].map((timeMs) => ({ key: "gap", timeMs, value: 1 }));

function windowRows(world: CountingWorld): Exclude<CountingRow, { kind: "event" }>[] {
  return [...world.sink.rows.values()].filter((row) => row.kind !== "event");
}

Deno.test("aheadOfRows() writes every open window again, later than rows of lost input", async () => {
  const world = new CountingWorld({ partitions: 1, rollUps: true });
  await world.feed(measurements(5, 60), 2_000_000);
  await world.feed([gap], 2_000_100);
  await world.runToEnd();
  const open = windowRows(world).filter(({ final }) => !final);
  assert.ok(open.some(({ kind }) => kind === "window"));
  assert.ok(open.some(({ kind }) => kind === "roll-up"));
  for (const row of open) { // as input has made them that a power cut took away
    world.sink.rows.set(rowKey(row), { ...row, count: 1_000, final: true, versionUs: lostUs });
  }
  world.rowsVersionUs = lostUs;
  await world.feed([[{ key: "new", timeMs: 1_000_000, value: 1 }]], 2_000_000);
  await world.runToEnd();
  const rows = new Map(windowRows(world).map((row) => [rowKey(row), row]));
  for (const row of open) {
    assert.deepEqual(rows.get(rowKey(row)), { ...row, versionUs: lostUs + 1 });
  }
});

Deno.test("aheadOfRows() leaves write times alone where the sink has nothing later", async () => {
  const world = new CountingWorld({ partitions: 1, rollUps: true });
  await world.feed(measurements(5, 60), 2_000_000);
  await world.runToEnd();
  const before = [...world.sink.rows.values()];
  world.rowsVersionUs = Math.max(...before.map(({ versionUs }) => versionUs));
  await world.feed([[{ key: "new", timeMs: 1_000_000, value: 1 }]], 2_000_000);
  await world.runToEnd();
  const after = [...world.sink.rows.values()].filter((row) =>
    row.kind === "event" || row.key !== "new"
  );
  assert.deepEqual(after.slice(0, before.length), before);
});

Deno.test("aheadOfRows() leaves receive times alone, of rolled-up windows as well", async () => {
  const job = countingTopology({ rollUps: true });
  const store = await new MemoryStores().open({ topic: "input", partition: 0 }, "id");
  using cache = new WriteCache(store, job);
  const order = { later: [1, 2], earlier: [2, 1] };
  const entries = Object.entries(order).map(([key, times]) => {
    const owner = cache.key(key);
    for (const [at, time] of times.entries()) {
      const window = cache.newWindow(at * job.windows.sizeMs);
      cache.add(owner, window);
      const record = { timestampMs: time } as LogRecord;
      cache.stamp(owner, window, { versionUs: time, record });
    }
    return { key: keyStateKey(key), value: cache.rowOf(owner).slice() };
  });
  const times = () =>
    Object.keys(order).map((key) =>
      cache.openWindows(cache.key(key)).map((ofLength) =>
        ofLength.map(({ state }) => state.receivedAtMs)
      )
    );
  const before = times();
  await store.apply(entries, { changelogPosition: 1 });
  const lineage = {
    topic: "input",
    topicId: "a",
    partitions: 1,
    changelogId: "id",
    repartitionId: "",
  };
  await aheadOfRows({ store, cache }, firstMeta(lineage, 0), lostUs);
  assert.deepEqual(times(), before);
});
