import assert from "node:assert/strict";
import { decodeText, type LogRecord } from "@finhub/streams";
import { TopologyTestDriver } from "@finhub/streams/testing";
import { burstsJob } from "./bursts.ts";

const startMs: number = Date.UTC(2026, 0, 5, 10);
const minuteMs = 60_000;

function payment(atMs: number, cents: number) {
  return { key: "4711", value: JSON.stringify({ card: "4711", atMs, cents }), timestampMs: atMs };
}

/** The newest record of each window by its start. */
function newest(records: readonly LogRecord[]): Map<number, unknown> {
  return new Map(records.map(({ key, value }) => {
    const [, start] = JSON.parse(decodeText(key ?? new Uint8Array()) ?? "");
    return [start, JSON.parse(decodeText(value ?? new Uint8Array()) ?? "")];
  }));
}

/** All that a card paid within ten minutes, by asking of each millisecond that may matter. */
function byHand(payments: readonly (readonly [atMs: number, cents: number])[]) {
  const windows = new Map<number, unknown>();
  const starts = payments.flatMap(([atMs]) => [atMs - 10 * minuteMs, atMs + 1]);
  for (const start of starts) {
    const cents = payments.filter(([atMs]) => atMs >= start && atMs <= start + 10 * minuteMs)
      .map(([, cents]) => cents);
    if (cents.length === 0) continue;
    windows.set(start, { payments: cents.length, cents: cents.reduce((a, b) => a + b) });
  }
  return windows;
}

Deno.test("what a card pays within ten minutes is what a fold by hand finds", async () => {
  await using driver = await TopologyTestDriver.start(burstsJob, { startMs });
  // Out of order by half a minute at most.
  const payments = [0, 3, 2.5, 9, 10, 10.5, 13, 12.6, 40, 39.9]
    .map((minute, i) => [startMs + minute * minuteMs, 100 + i] as const);
  for (const [atMs, cents] of payments) {
    await driver.pipe(payment(atMs, cents));
    if (cents % 3 === 0) await driver.commit();
  }
  await driver.commit();
  const expected = byHand(payments);
  assert.deepEqual(newest(driver.log.visible("spent")), new Map([...expected].sort(byStart)));
  assert.equal(driver.counts.late, 0);
});

function byStart([a]: readonly [number, unknown], [b]: readonly [number, unknown]): number {
  return a - b;
}

for (const state of ["kept", "deleted"] as const) {
  Deno.test(`a burst over a crash is one, state ${state}, and late payments are kept`, async () => {
    await using driver = await TopologyTestDriver.start(burstsJob, { startMs });
    await driver.pipe(payment(startMs, 1), payment(startMs + 9 * minuteMs, 2));
    await driver.commit();
    await driver.pipe(payment(startMs + 10 * minuteMs, 4));
    driver.failNext("before-end", { error: "crash" }); // between the records and their commit
    await driver.commit();
    await driver.crash(0, { state });
    await driver.restart();
    await driver.pipe(payment(startMs + 8 * minuteMs, 8)); // later than the grace
    await driver.commit();
    const burst = newest(driver.log.visible("spent")).get(startMs);
    assert.deepEqual(burst, { payments: 3, cents: 7 });
    assert.equal(driver.late.length, 1);
    const closed = newest(driver.log.visible("spent-finally"));
    assert.deepEqual([...closed.values()], [{ payments: 1, cents: 1 }]);
  });
}
