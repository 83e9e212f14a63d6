import assert from "node:assert/strict";
import { decodeText } from "@finhub/streams";
import { type TestInput, TopologyTestDriver } from "@finhub/streams/testing";
import {
  type Average,
  AveragesTable,
  type Reading,
  sensorAverages,
  type Total,
} from "./sensor_averages.ts";

type Driver = TopologyTestDriver<Reading, Total, Average>;

const minuteMs = 60_000;
const hourMs = 60 * minuteMs;

/** Two minutes before an hour begins. */
const startMs: number = Date.UTC(2026, 0, 5, 10, 58);

const job = sensorAverages();

/** A record of one temperature, received when it was measured unless said otherwise. */
function reading(sensor: string, atMs: number, celsius: number, receivedAtMs = atMs): TestInput {
  return {
    key: sensor,
    value: JSON.stringify({ sensor, atMs, celsius }),
    timestampMs: receivedAtMs,
  };
}

async function means(driver: Driver, sensor: string, sizeMs = minuteMs): Promise<number[]> {
  const windows = await driver.windows(sensor, { sizeMs });
  return windows.map(({ value: { celsius, readings } }) => celsius / readings);
}

Deno.test("sensorAverages() keeps a mean per sensor and minute", async () => {
  await using driver = await TopologyTestDriver.start(job, { startMs });
  await driver.pipe(
    reading("roof", startMs, 10),
    reading("roof", startMs + minuteMs - 1, 20),
    reading("cellar", startMs + 1, 12),
    reading("roof", startMs + minuteMs, 30),
  );
  await driver.commit();
  assert.deepEqual(await means(driver, "roof"), [15, 30]);
  assert.deepEqual(await means(driver, "cellar"), [12]);
  const minutes = driver.rows.filter(({ sizeMs }) => sizeMs === minuteMs);
  assert.deepEqual(
    minutes.map(({ sensor, startMs, meanCelsius }) => ({ sensor, startMs, meanCelsius })),
    [
      { sensor: "roof", startMs, meanCelsius: 15 },
      { sensor: "roof", startMs: startMs + minuteMs, meanCelsius: 30 },
      { sensor: "cellar", startMs, meanCelsius: 12 },
    ],
  );
});

Deno.test("sensorAverages() makes the mean of an hour from all its readings, not from means", async () => {
  await using driver = await TopologyTestDriver.start(job, { startMs });
  await driver.pipe(
    reading("roof", startMs, 10),
    reading("roof", startMs + minuteMs, 20),
    reading("roof", startMs + minuteMs + 1, 30),
    reading("roof", startMs + 2 * minuteMs, 50),
  );
  await driver.commit();
  assert.deepEqual(await means(driver, "roof", hourMs), [20, 50]);
});

Deno.test("sensorAverages() waits 30 s of a sensor's own time for a minute's readings", async () => {
  await using driver = await TopologyTestDriver.start(job, { startMs });
  const closingMs = startMs + minuteMs + 30_000;
  await driver.pipe(
    reading("roof", startMs, 10),
    reading("cellar", closingMs, 0),
    reading("roof", closingMs - 1, 10),
    reading("roof", startMs + 1, 20),
    reading("roof", closingMs, 10),
    reading("roof", startMs + 2, 80, closingMs),
  );
  await driver.commit();
  assert.deepEqual(await means(driver, "roof"), [15, 10]);
  const [late, ...more] = driver.late;
  assert.deepEqual(more, []);
  assert.equal(decodeText(late?.key ?? new Uint8Array()), "roof");
  assert.equal(
    decodeText(late?.value ?? new Uint8Array()),
    JSON.stringify([{ sensor: "roof", atMs: startMs + 2, celsius: 80 }]),
  );
  const final = driver.rows.filter((row) => row.final === 1);
  assert.deepEqual(final.map(({ sensor, meanCelsius }) => [sensor, meanCelsius]), [["roof", 15]]);
});

Deno.test.each([
  { input: reading("roof", startMs, 85.1), cause: "impossible-value", why: "beyond calibration" },
  { input: reading("roof", startMs, -40.1), cause: "impossible-value", why: "beyond calibration" },
  { input: reading("roof", startMs + 0.5, 1), cause: "impossible-value", why: "time" },
  { input: reading("roof", startMs + 61_000, 1, startMs), cause: "far-future", why: "clock" },
  { input: { key: "roof", value: "21.5", timestampMs: startMs }, cause: "malformed", why: "form" },
  { input: { key: "roof", value: "[", timestampMs: startMs }, cause: "malformed", why: "not JSON" },
  { input: { key: "roof", value: null, timestampMs: startMs }, cause: "malformed", why: "null" },
])("sensorAverages() keeps a bad reading as a dead letter: $cause, $why", async (bad) => {
  await using driver = await TopologyTestDriver.start(job, { startMs });
  await driver.pipe(bad.input, reading("roof", startMs, 10));
  await driver.commit();
  assert.deepEqual(await means(driver, "roof"), [10]);
  const causes = driver.deadLetters.map(({ headers }) => headers["cause"] as Uint8Array);
  assert.deepEqual(causes.map(decodeText), [bad.cause]);
});

Deno.test("sensorAverages() takes -40 and 85 °C for real", async () => {
  await using driver = await TopologyTestDriver.start(job, { startMs });
  await driver.pipe(reading("roof", startMs, -40), reading("roof", startMs, 85));
  await driver.commit();
  assert.deepEqual(await means(driver, "roof"), [22.5]);
  assert.deepEqual(driver.deadLetters, []);
});

for (const state of ["kept", "deleted"] as const) {
  Deno.test(`sensorAverages() counts each reading once after a crash, state ${state}`, async () => {
    await using driver = await TopologyTestDriver.start(job, { startMs });
    await driver.pipe(reading("roof", startMs, 10));
    await driver.commit();
    await driver.pipe(reading("roof", startMs + 1, 20)); // processed, not committed
    driver.failNext("before-end", { error: "crash" }); // between the records and their commit
    await driver.commit();
    await driver.crash(0, { state });
    await driver.restart();
    await driver.pipe(reading("roof", startMs + 2, 60));
    await driver.commit();
    assert.deepEqual(await means(driver, "roof"), [30]);
    assert.equal(driver.counts.aggregated, 3);
  });
}

Deno.test("sensorAverages() continues where another instance was", async () => {
  await using driver = await TopologyTestDriver.start(job, {
    startMs,
    partitions: 2,
    instances: 2,
  });
  const sensors = ["roof", "cellar", "attic", "garage"];
  await driver.pipe(...sensors.map((sensor) => reading(sensor, startMs, 10)));
  await driver.rebalance([[0], [1]]); // partitions move while all continue
  assert.equal(driver.tasks(1).length, 1);
  await driver.pipe(...sensors.map((sensor) => reading(sensor, startMs + 1, 20)));
  await driver.commit();
  await driver.rebalance([[], [0, 1]], { untold: [0] }); // instance 0 is a zombie now
  await driver.pipe(...sensors.map((sensor) => reading(sensor, startMs + 2, 60)));
  await driver.commit();
  await driver.tellLost(0);
  for (const sensor of sensors) assert.deepEqual(await means(driver, sensor), [30], sensor);
  assert.equal(driver.counts.aggregated, 12);
});

Deno.test("a driver shows whatever a job does", async () => {
  await using driver = await TopologyTestDriver.start(job, { startMs });
  await driver.pipe(reading("roof", startMs, 10), { key: "roof", value: "no JSON" });
  assert.deepEqual(driver.rows, []); // processed, not committed
  await driver.commit(); // or advance(ms): time moves here and nowhere else
  assert.deepEqual(driver.rows.map(({ sizeMs }) => sizeMs), [minuteMs, hourMs]);
  assert.equal(driver.deadLetters.length, 1);
  assert.equal(driver.late.length, 0);
  assert.equal(driver.changelog.length, 3); // the rules; the key, the task's own progress
  assert.equal(driver.counts.aggregated, 1);
  assert.equal((await driver.windows("roof")).length, 1); // the committed windows of a key
});

Deno.test("AveragesTable takes no row back to an older one", async () => {
  const table = new AveragesTable(":memory:");
  const place = { sensor: "roof", sizeMs: minuteMs, startMs };
  const row: Average = { ...place, meanCelsius: 21.5, final: 0, versionUs: 1 };
  const newer: Average = { ...place, meanCelsius: 22, final: 1, versionUs: 2 };
  await table.write([row, newer, row]);
  const [kept, ...more] = table.database.prepare("SELECT * FROM averages").all();
  assert.deepEqual([{ ...kept }, more], [newer, []]);
  table.database.close();
});
