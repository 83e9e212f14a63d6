import assert from "node:assert/strict";
import { CountingWorld } from "../../support/counting_run.ts";
import { type CountingRow, rowKey } from "../../support/counting_topology.ts";
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
