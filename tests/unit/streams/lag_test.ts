import assert from "node:assert/strict";
import { TopologyTestDriver } from "../../../src/streams/testing/mod.ts";
import { countingTopology, measurementRecord } from "../../support/counting_topology.ts";

const startMs = 2_000_000;
const record = measurementRecord([{ key: "k", timeMs: startMs, value: 1 }], startMs);

Deno.test("TaskStatus.lagRecords is known as soon as a task runs, though nothing arrives", async () => {
  await using driver = await TopologyTestDriver.start(countingTopology(), { startMs });
  assert.deepEqual(driver.tasks().map(({ lagRecords }) => lagRecords), [0]);
  await driver.pipe(record, record);
  await driver.commit();
  await driver.crash();
  await driver.restart();
  assert.deepEqual(driver.tasks().map(({ lagRecords }) => lagRecords), [0]);
});

Deno.test("TaskStatus.lagRecords counts what was read and is not committed", async () => {
  await using driver = await TopologyTestDriver.start(countingTopology(), { startMs });
  await driver.pipe(record, record, record);
  assert.deepEqual(driver.tasks().map(({ lagRecords }) => lagRecords), [3]);
  await driver.commit();
  assert.deepEqual(driver.tasks().map(({ lagRecords }) => lagRecords), [0]);
});
