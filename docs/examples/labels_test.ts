import assert from "node:assert/strict";
import { decodeText } from "@finhub/streams";
import { type TestInput, TopologyTestDriver } from "@finhub/streams/testing";
import { type Address, type Customer, printLabels } from "./labels.ts";

const startMs = 10_000_000;

function customer(key: string, value: Customer | null, atMs: number): TestInput {
  return { ...record(key, value, atMs), topic: "customers" };
}

function address(key: string, value: Address | null, atMs: number): TestInput {
  return { ...record(key, value, atMs), topic: "addresses" };
}

function record(key: string, value: unknown, atMs: number): Omit<TestInput, "topic"> {
  return { key, value: value === null ? null : JSON.stringify(value), timestampMs: startMs + atMs };
}

for (const state of ["kept", "deleted"] as const) {
  Deno.test(`a label follows name and address, and goes with either, state ${state}`, async () => {
    await using driver = await TopologyTestDriver.start(printLabels, { startMs });
    const labels = () =>
      driver.log.visible("labels").map(({ key, value }) => {
        const text = value === null ? "" : JSON.parse(decodeText(value) ?? "").lines.join(", ");
        return `${decodeText(key ?? new Uint8Array())}: ${text}`;
      });
    await driver.pipe(address("1", { street: "Hauptstr. 1", city: "Ulm" }, 0));
    await driver.pipe(customer("2", { name: "Ida" }, 1), customer("1", { name: "Eva" }, 2));
    await driver.commit();
    assert.deepEqual(labels(), ["1: Eva, Hauptstr. 1, Ulm"]);
    await driver.pipe(address("1", { street: "Rynek 2", city: "Gdynia" }, 3));
    driver.failNext("before-end", { error: "crash" });
    await driver.commit();
    await driver.crash(0, { state });
    await driver.restart();
    await driver.pipe(customer("1", null, 4), address("1", null, 5));
    await driver.commit();
    assert.deepEqual(labels(), [
      "1: Eva, Hauptstr. 1, Ulm",
      "1: Eva, Rynek 2, Gdynia",
      "1: ",
    ]);
  });
}
