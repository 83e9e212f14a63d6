import assert from "node:assert/strict";
import { TopologyTestDriver } from "../../../src/streams/testing/mod.ts";
import { rollUpKey, windowStartOf } from "../../../src/streams/state/store_keys.ts";
import { CountingWorld } from "../../support/counting_run.ts";
import {
  type CountingRow,
  countingTopology,
  type Measurement,
  measurementRecord,
  type Total,
} from "../../support/counting_topology.ts";

type Driver = TopologyTestDriver<Measurement, Total, CountingRow>;

const startMs = 6_000_000; // begins a roll-up of each length

function start(): Promise<Driver> {
  return TopologyTestDriver.start(countingTopology({ rollUps: true }), { startMs });
}

/** Measurements of 1 at these distances from the start, a record each. */
async function feed(driver: Driver, ...distancesMs: readonly number[]): Promise<void> {
  await driver.pipe(
    ...distancesMs.map((ms) =>
      measurementRecord([{ key: "k", timeMs: startMs + ms, value: 1 }], startMs + 60_000)
    ),
  );
}

async function counts(driver: Driver, sizeMs: number): Promise<[number, number, boolean][]> {
  const windows = await driver.windows("k", { sizeMs });
  return windows.map((window) => [window.startMs - startMs, window.value.count, window.final]);
}

/** Rows of roll-ups since there were so many rows. */
function rollUpRows(driver: Driver, from: number): string[] {
  return driver.rows.slice(from).flatMap((row) =>
    row.kind === "roll-up"
      ? [`${row.sizeMs}@${row.startMs - startMs}: ${row.count}${row.final ? " final" : ""}`]
      : []
  );
}

Deno.test("StreamsApp sends a row of every roll-up that a commit changed, and no other", async () => {
  await using driver = await start();
  await feed(driver, 1_000, 11_000, 21_000);
  await driver.commit();
  assert.deepEqual(rollUpRows(driver, 0), ["20000@0: 2", "20000@20000: 1", "60000@0: 3"]);
  const before = driver.rows.length;
  await feed(driver, 22_000);
  await driver.commit();
  assert.deepEqual(rollUpRows(driver, before), ["20000@20000: 2", "60000@0: 4"]);
});

Deno.test("StreamsApp closes a roll-up in the moment its own grace is over", async () => {
  await using driver = await start();
  await feed(driver, 1_000, 24_999);
  await driver.commit();
  assert.deepEqual((await counts(driver, 20_000))[0], [0, 1, false]);
  await feed(driver, 25_000);
  await driver.commit();
  assert.deepEqual((await counts(driver, 20_000))[0], [0, 1, true]);
  assert.deepEqual(await counts(driver, 60_000), [[0, 3, false]]);
});

Deno.test("StreamsApp takes a late event into no roll-up, though these are open", async () => {
  await using driver = await start();
  await feed(driver, 1_000, 15_000, 2_000);
  await driver.commit();
  assert.equal(driver.late.length, 1);
  assert.deepEqual(await counts(driver, 20_000), [[0, 2, false]]);
  assert.deepEqual(await counts(driver, 60_000), [[0, 2, false]]);
});

for (const state of ["kept", "deleted"] as const) {
  Deno.test(`StreamsApp continues with roll-ups after a crash with state ${state}`, async () => {
    await using driver = await start();
    await feed(driver, 1_000, 12_000, 31_000);
    await driver.commit();
    await driver.crash(0, { state });
    await driver.restart();
    await feed(driver, 32_000, 41_000);
    await driver.commit();
    assert.deepEqual(await counts(driver, 20_000), [[0, 2, true], [20_000, 2, false], [
      40_000,
      1,
      false,
    ]]);
    assert.deepEqual(await counts(driver, 60_000), [[0, 5, false]]);
  });
}

Deno.test("StreamsApp.windows() refuses a length that the job does not have", async () => {
  await using driver = await start();
  await feed(driver, 1_000);
  await driver.commit();
  await assert.rejects(driver.windows("k", { sizeMs: 30_000 }), { message: /no windows of 30000/ });
});

Deno.test("StreamsApp deletes roll-ups that outlived their retention, whatever the commits", async () => {
  const worlds = [3, 500].map((readRecordsMax) => {
    const world = new CountingWorld({ partitions: 1, rollUps: true, retentionMs: 25_000 });
    world.log.readRecordsMax = readRecordsMax;
    return world;
  });
  const minutes = Array.from(
    { length: 30 },
    (_, i) => [{ key: "k", timeMs: i * 60_000, value: 1 }],
  );
  for (const world of worlds) {
    await world.feed(minutes, 3_000_000);
    await world.runToEnd();
  }
  assert.deepEqual(worlds[0]?.stores.contents(), worlds[1]?.stores.contents());
  const prefix = rollUpKey("k", 20_000, 0).subarray(0, -8).toHex();
  const starts = worlds[0]?.stores.contents().flatMap(([, key]) =>
    key.startsWith(prefix) ? [windowStartOf(Uint8Array.fromHex(key))] : []
  );
  assert.deepEqual(starts, [1_680_000], "the next one is open, and in the row of its key");
});
