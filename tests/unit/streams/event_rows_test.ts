import assert from "node:assert/strict";
import { EventRows } from "../../../src/streams/processing/event_rows.ts";
import { waitingBytesMax } from "../../../src/streams/processing/waiting_records.ts";
import type { LogRecord } from "../../../src/streams/record.ts";
import { TopologyTestDriver } from "../../../src/streams/testing/mod.ts";
import { countingTopology, measurementRecord } from "../../support/counting_topology.ts";

const startMs = 10_000_000;

/** A record with one measurement, and spaces behind it. */
function largeRecord(bytes: number): ReturnType<typeof measurementRecord> {
  const one = measurementRecord([{ key: "k", timeMs: startMs, value: 1 }], startMs);
  const value = new Uint8Array(bytes).fill(" ".charCodeAt(0));
  value.set(one.value as Uint8Array);
  return { ...one, value };
}

Deno.test("EventRows is full when the records of its rows are large, until a commit has them", () => {
  const rows = new EventRows<string>();
  const record = (bytes: number): LogRecord => ({
    ...{ topic: "input", partition: 0, offset: 0, timestampMs: 0, key: null, headers: {} },
    value: new Uint8Array(bytes),
  });
  const first = record(waitingBytesMax - 1);
  rows.add("a", first);
  rows.add("b", first);
  assert.ok(!rows.isFull, "a record counts once");
  rows.add("c", record(1));
  assert.ok(rows.isFull);
  assert.deepEqual(rows.all, ["a", "b", "c"]);
  rows.clear();
  assert.ok(!rows.isFull);
  rows.add("d", first);
  assert.deepEqual(rows.all, ["d"]);
  rows.add("e", record(1));
  assert.ok(rows.isFull, "a record counts again in the next commit");
});

Deno.test("A commit is made early where rows wait of large records", async () => {
  await using driver = await TopologyTestDriver.start(countingTopology(), { startMs });
  for (let i = 0; i < 9; i++) await driver.pipe(largeRecord(900_000));
  assert.equal(driver.rows.length, 0);
  await driver.pipe(largeRecord(900_000));
  assert.equal(driver.rows.filter(({ kind }) => kind === "event").length, 10);
});
