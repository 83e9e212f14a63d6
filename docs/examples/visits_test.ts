import assert from "node:assert/strict";
import { decodeText, type LogRecord } from "@finhub/streams";
import { TopologyTestDriver } from "@finhub/streams/testing";
import { visitsJob } from "./visits.ts";

const minuteMs = 60_000;
const startMs: number = Date.UTC(2026, 0, 5, 10);

function click(atMs: number, cents: number) {
  return { key: "eva", value: JSON.stringify({ user: "eva", atMs, cents }), timestampMs: atMs };
}

/** Each record as `minute of the start: value`. */
function texts(records: readonly LogRecord[]): string[] {
  return records.map(({ key, value }) => {
    const [, start] = JSON.parse(decodeText(key ?? new Uint8Array()) ?? "");
    const text = value === null ? "withdrawn" : decodeText(value);
    return `${(start - startMs) / minuteMs}: ${text}`;
  });
}

Deno.test("a visit lasts until nothing has happened for half an hour", async () => {
  await using driver = await TopologyTestDriver.start(visitsJob, { startMs });
  await driver.pipe(
    click(startMs, 300),
    click(startMs + 29 * minuteMs, 100),
    click(startMs + 59 * minuteMs, 1),
  );
  await driver.commit();
  assert.deepEqual(texts(driver.log.visible("visits")), ['0: {"spent":400}', '59: {"spent":1}']);
  assert.deepEqual(texts(driver.log.visible("closed-visits")), []);
  await driver.pipe(click(startMs + 64 * minuteMs, 1)); // half an hour and the grace are over
  await driver.commit();
  assert.deepEqual(texts(driver.log.visible("closed-visits")), ['0: {"spent":400}']);
  const [first, second] = await driver.windows("eva");
  assert.deepEqual([first?.endMs, first?.final], [startMs + 59 * minuteMs, true]);
  assert.deepEqual(second?.value, { spent: 2 });
});

for (const state of ["kept", "deleted"] as const) {
  Deno.test(`a click between two visits makes one of them, over a crash, state ${state}`, async () => {
    await using driver = await TopologyTestDriver.start(visitsJob, { startMs });
    await driver.pipe(click(startMs + 30 * minuteMs, 1), click(startMs, 2));
    await driver.commit();
    await driver.pipe(click(startMs + 10 * minuteMs, 4));
    driver.failNext("before-end", { error: "crash" }); // between the records and their commit
    await driver.commit();
    await driver.crash(0, { state });
    await driver.restart();
    await driver.commit();
    assert.deepEqual(texts(driver.log.visible("visits")).sort(), [
      '0: {"spent":2}',
      '0: {"spent":7}',
      "30: withdrawn",
      '30: {"spent":1}',
    ]);
    assert.deepEqual(driver.log.visible("closed-visits"), []);
    const [visit, ...more] = await driver.windows("eva");
    assert.deepEqual([visit?.value, more], [{ spent: 7 }, []]);
  });
}

Deno.test("a click that is late for its visit is kept in the late topic", async () => {
  await using driver = await TopologyTestDriver.start(visitsJob, { startMs });
  await driver.pipe(click(startMs + 35 * minuteMs, 1), click(startMs, 2));
  await driver.commit();
  assert.deepEqual(driver.late.length, 1);
  assert.deepEqual(driver.counts.late, 1);
  await driver.pipe(click(startMs + 1, 2)); // half an hour and the grace before the last one
  await driver.commit();
  assert.deepEqual(driver.late.length, 1);
});
