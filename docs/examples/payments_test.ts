import assert from "node:assert/strict";
import { decodeText } from "@finhub/streams";
import { type TestInput, TopologyTestDriver } from "@finhub/streams/testing";
import { matchPayments } from "./payments.ts";

const startMs = 10_000_000;
const hourMs = 3_600_000;

function order(id: string, atMs: number): TestInput {
  const value = JSON.stringify({ id, atMs, cents: 100 });
  return { topic: "orders", key: id, value, timestampMs: atMs };
}

function payment(order: string, atMs: number): TestInput {
  const value = JSON.stringify({ order, atMs, cents: 60 });
  return { topic: "payments", key: order, value, timestampMs: atMs };
}

for (const state of ["kept", "deleted"] as const) {
  Deno.test(`an order is paid or, after a while, unpaid, once, state ${state}`, async () => {
    await using driver = await TopologyTestDriver.start(matchPayments, { startMs });
    const valuesOf = (topic: string) =>
      driver.log.visible(topic).map(({ value }) => decodeText(value ?? new Uint8Array()));
    await driver.pipe(payment("a", startMs), order("a", startMs + 1), order("b", startMs + 2));
    await driver.commit();
    driver.failNext("before-end", { error: "crash" });
    await driver.pipe(order("c", startMs + 2 * hourMs)); // the time of `b` is over
    await driver.commit();
    await driver.crash(0, { state });
    await driver.restart();
    await driver.pipe(payment("b", startMs + 2 * hourMs));
    await driver.commit();
    assert.deepEqual(valuesOf("paid"), ['{"order":"a","cents":100,"paid":60}']);
    assert.deepEqual(valuesOf("unpaid"), ['{"order":"b","cents":100,"paid":0}']);
  });
}
