import assert from "node:assert/strict";
import { feed, startDriver, startMs, sumOf } from "../../support/counting_driver.ts";
import { measurementRecord } from "../../support/counting_topology.ts";
import { commitOperations } from "../../support/commit_operations.ts";
import { expectedWindows, measurements } from "../../support/measurements.ts";

Deno.test("TopologyTestDriver processes at once and commits when the interval has passed", async () => {
  await using driver = await startDriver({ commitIntervalMs: 500 });
  await feed(driver, 3);
  await driver.advance(499);
  assert.deepEqual(driver.rows, []);
  await driver.advance(1);
  assert.deepEqual(driver.rows.map(({ kind }) => kind), ["event", "window"]);
  assert.equal(driver.changelog.length, 3);
  assert.equal(await sumOf(driver), 3);
});

Deno.test("TopologyTestDriver shows late events, dead letters and counters", async () => {
  await using driver = await startDriver();
  await feed(driver, 1);
  await driver.pipe(
    measurementRecord([{ key: "k", timeMs: startMs - 60_000, value: 2 }], startMs),
    { key: "k", value: "no json" },
  );
  await driver.commit();
  assert.equal(driver.late.length, 1);
  assert.equal(driver.deadLetters.length, 1);
  assert.deepEqual(driver.counts, {
    read: 3,
    aggregated: 1,
    late: 1,
    deadLetters: 1,
    duplicates: 0,
    rekeyed: 0,
  });
});

for (const state of ["kept", "deleted"] as const) {
  Deno.test.each(commitOperations.map((operation) => ({ operation })))(
    `TopologyTestDriver.failNext() kills at $operation; with state ${state} nothing is lost`,
    async ({ operation }) => {
      await using driver = await startDriver();
      await feed(driver, 1);
      await driver.commit();
      await feed(driver, 10);
      driver.failNext(operation, { error: "crash" });
      await driver.commit();
      assert.deepEqual(driver.tasks(), []);
      await driver.crash(0, { state });
      await driver.restart();
      await feed(driver, 100);
      await driver.commit();
      assert.equal(await sumOf(driver), 111);
      assert.equal(driver.counts.aggregated, 3);
    },
  );
}

Deno.test.each(commitOperations.slice(0, 6).map((operation) => ({ operation })))(
  "TopologyTestDriver.failNext() fails at $operation, and the task gets over it",
  async ({ operation }) => {
    await using driver = await startDriver();
    driver.failNext(operation, { times: 3 });
    await feed(driver, 1, 2);
    await driver.advance(60_000);
    assert.equal(await sumOf(driver), 3);
    assert.equal(driver.tasks()[0]?.problem, undefined);
  },
);

Deno.test("TopologyTestDriver.rebalance() hands partitions over with all that was processed", async () => {
  await using driver = await startDriver({ partitions: 2, instances: 2 });
  const input = measurements(5, 80);
  const records = input.map((events, i) => measurementRecord(events, startMs + i));
  await driver.pipe(...records.slice(0, 40));
  await driver.rebalance([[0], [1]]);
  assert.deepEqual(driver.tasks(1).map(({ partition }) => partition), [1]);
  await driver.pipe(...records.slice(40));
  await driver.rebalance([[], [1, 0]]);
  await driver.commit();
  assert.deepEqual(driver.counts, expectedWindows(input).counts);
});

Deno.test("TopologyTestDriver.rebalance() leaves a zombie that cannot commit", async () => {
  await using driver = await startDriver({ instances: 2 });
  await feed(driver, 1);
  await driver.rebalance([[], [0]], { untold: [0] });
  await driver.commit();
  assert.match(driver.tasks(0)[0]?.problem ?? "", /newer owner/);
  assert.equal(driver.tasks(1)[0]?.counts.aggregated, 1);
  await driver.tellLost(0);
  assert.deepEqual(driver.tasks(0), []);
});

Deno.test("TopologyTestDriver.stop() commits first", async () => {
  await using driver = await startDriver();
  await feed(driver, 7);
  await driver.stop();
  assert.equal(driver.rows.length, 2);
  await driver.restart();
  assert.equal(await sumOf(driver), 7);
  assert.equal(driver.tasks()[0]?.restore, undefined);
});

Deno.test("TopologyTestDriver restores a deleted store from the changelog", async () => {
  await using driver = await startDriver();
  await feed(driver, 7);
  await driver.commit();
  await driver.crash(0, { state: "deleted" });
  await driver.restart();
  assert.equal(await sumOf(driver), 7);
  assert.equal(driver.tasks()[0]?.restore?.restoredRecords, 3);
});
