// Every key ever seen left a row permanently: 401, 801, 1,201 rows with 200 new keys a day.
import assert from "node:assert/strict";
import { TopologyTestDriver } from "../../../src/streams/testing/topology_test_driver.ts";
import { type CountingRow, countingTopology, type Total } from "../../support/counting_topology.ts";

const dayMs = 86_400_000;
const keysADay = 200;
const job = { graceMs: 0, retentionMs: dayMs, agreeingEvents: 50 };

type Driver = TopologyTestDriver<unknown, unknown, unknown>;

function start(options: Parameters<typeof countingTopology>[0] = job): Promise<Driver> {
  return TopologyTestDriver.start(countingTopology(options)) as Promise<unknown> as Promise<Driver>;
}

async function send(driver: Driver, key: string, timeMs: number): Promise<void> {
  const value = JSON.stringify([{ key, timeMs, value: 1 }]);
  await driver.pipe({ key, value, timestampMs: timeMs });
}

/** What a compacted changelog holds: the rows of the store. */
function rows(driver: Driver): Map<string, Uint8Array> {
  const rows = new Map<string, Uint8Array>();
  for (const { key, value } of driver.changelog) {
    if (value === null) rows.delete(key?.toHex() ?? "");
    else rows.set(key?.toHex() ?? "", value);
  }
  return rows;
}

/** A day's new keys, each with one event, a commit after every tenth. */
async function day(driver: Driver, of: number): Promise<void> {
  for (let i = 0; i < keysADay; i++) {
    await send(driver, `day ${of} key ${i}`, of * dayMs + i * 60_000);
    if (i % 10 === 9) await driver.commit();
  }
}

Deno.test("keys expire with their last window: rows do not grow with the keys ever seen", async () => {
  await using driver = await start();
  const counts: number[] = [];
  for (let of = 1; of <= 6; of++) {
    await day(driver, of);
    counts.push(rows(driver).size);
  }
  // Those of the day before live for another day, in part.
  assert.equal(counts[0], 1 + keysADay);
  for (const count of counts.slice(1)) assert.ok(count < 1 + 3 * keysADay, `${counts}`);
  assert.ok((counts[5] ?? 0) <= (counts[2] ?? 0) + 2 * job.agreeingEvents, `${counts}`);
});

Deno.test("a key that returns with an old event is late by the horizon, not new", async () => {
  await using driver = await start();
  for (let of = 1; of <= 4; of++) await day(driver, of);
  assert.deepEqual(await driver.windows("day 1 key 0"), []);
  await send(driver, "day 1 key 0", dayMs);
  await driver.commit();
  assert.equal(driver.counts.late, 1);
  assert.deepEqual(await driver.windows("day 1 key 0"), []);

  await send(driver, "day 1 key 0", 5 * dayMs);
  await driver.commit();
  assert.equal(driver.counts.late, 1);
  assert.equal((await driver.windows("day 1 key 0")).length, 1);
});

Deno.test("a key that returns has nothing left of the windows that it had, rolled up or not", async () => {
  await using driver = await start({ ...job, rollUps: true });
  for (const timeMs of [dayMs, dayMs + 10_000]) await send(driver, "k", timeMs);
  await driver.commit();
  for (let i = 0; i < 2 * job.agreeingEvents; i++) await send(driver, "busy", 3 * dayMs + i);
  await send(driver, "k", 3 * dayMs);
  await driver.commit();
  for (const sizeMs of [10_000, 20_000]) {
    const [window, ...others] = await driver.windows("k", { sizeMs });
    assert.deepEqual([window?.startMs, others], [3 * dayMs, []]);
  }
  const first = (driver.rows as CountingRow[]).filter((row) =>
    row.kind === "roll-up" && row.sizeMs === 20_000 && row.key === "k" && row.startMs === dayMs
  );
  assert.deepEqual(first.map((row) => row.kind === "roll-up" && row.count), [2], "as it was");
});

Deno.test("a key at the horizon has not expired: what follows adds to its window", async () => {
  await using driver = await start();
  await send(driver, "k", 2 * dayMs);
  await driver.commit();
  for (let i = 0; i < 2 * job.agreeingEvents; i++) await send(driver, "busy", 3 * dayMs);
  for (let i = 0; i < 2; i++) await driver.commit();
  await send(driver, "k", 2 * dayMs + 1);
  const [window] = await driver.windows("k");
  assert.equal((window as unknown as { value: Total }).value.count, 2);
});

Deno.test("a key without events for long is not late for others' sake while it is kept", async () => {
  await using driver = await start();
  await send(driver, "quiet", dayMs);
  for (let i = 0; i < 100; i++) await send(driver, "busy", dayMs + i * 600_000);
  await driver.commit();
  await send(driver, "quiet", dayMs + 1);
  assert.equal((await driver.windows("quiet")).length, 1);
  await driver.commit();
  assert.equal(driver.counts.late, 0);
});

Deno.test("a key whose last event is just as old as a key may be has not expired", async () => {
  await using driver = await start({ graceMs: 20_000, retentionMs: 100_000, agreeingEvents: 2 });
  for (const timeMs of [199_999, 200_000]) await send(driver, "quiet", timeMs);
  for (const timeMs of [300_000, 300_001]) await send(driver, "busy", timeMs);
  await send(driver, "quiet", 195_000);
  await driver.commit();
  assert.equal(driver.counts.late, 0);
  assert.equal((await driver.windows("quiet")).length, 2);
  for (const timeMs of [310_000, 310_001, 310_002]) await send(driver, "busy", timeMs);
  await send(driver, "quiet", 195_000);
  await driver.commit();
  assert.equal(driver.counts.late, 1);
});

Deno.test("keys do not expire by a burst of events with a wrong time", async () => {
  await using driver = await start();
  await send(driver, "k", dayMs);
  for (let i = 1; i < job.agreeingEvents; i++) await send(driver, "wrong", 400 * dayMs);
  await send(driver, "k", dayMs + 20_000);
  for (let i = 1; i < job.agreeingEvents; i++) await send(driver, "wrong", 400 * dayMs);
  await send(driver, "k", dayMs + 40_000);
  await driver.commit();
  assert.equal(driver.counts.late, 0);
  assert.equal((await driver.windows("k")).length, 3);
});

Deno.test("closed windows of a quiet key are purged, those that are open stay", async () => {
  await using driver = await start();
  await send(driver, "quiet", dayMs);
  await send(driver, "quiet", dayMs + 60_000);
  await send(driver, "kept", 2 * dayMs);
  await driver.commit();
  for (let i = 0; i <= 100; i++) await send(driver, "busy", 2 * dayMs + 120_000 + i * 10);
  await driver.commit();
  assert.deepEqual(await driver.windows("quiet"), [], "expired: its last window is a day old");
  for (let i = 0; i < 100; i++) await send(driver, "busy", 3 * dayMs - 60_000 + i * 10);
  await driver.commit();
  assert.equal((await driver.windows("kept")).length, 1);
});

Deno.test("a commit deletes a bounded number of rows, and the next ones the rest", async () => {
  await using driver = await start();
  const keys = 1_500;
  for (let i = 0; i < keys; i++) await send(driver, `k${i}`, dayMs);
  await driver.commit();
  const deleted: number[] = [];
  for (let i = 0; i < 100; i++) await send(driver, "busy", 3 * dayMs + i);
  while (rows(driver).size > 3) {
    const before = rows(driver).size;
    await send(driver, "busy", 3 * dayMs + 100);
    await driver.commit();
    deleted.push(before - rows(driver).size);
    assert.ok(deleted.length < 100, `rows that stay: ${rows(driver).size}`);
  }
  assert.ok(Math.max(...deleted) <= 1_200, `${deleted}`);
  assert.ok(deleted.length > 2, `${deleted}`);
});

Deno.test("a key goes after the last of its windows, when these are more than fit a commit", async () => {
  await using driver = await start();
  const events = Array.from(
    { length: 2_500 },
    (_, i) => ({ timeMs: dayMs + i * 10_000, value: 1 }),
  );
  const value = JSON.stringify(events.map((event) => ({ key: "k", ...event })));
  await driver.pipe({ key: "k", value, timestampMs: 2 * dayMs });
  await driver.commit();
  assert.ok(rows(driver).size > 2_500);
  for (let i = 0; i < 100; i++) await send(driver, "busy", 4 * dayMs + i);
  for (let i = 0; i < 4; i++) {
    await driver.commit();
    await send(driver, "busy", 4 * dayMs + 100);
  }
  await driver.commit();
  assert.equal(rows(driver).size, 2, "the task's own, and a key with its window");
});
