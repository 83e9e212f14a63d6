import assert from "node:assert/strict";
import { decodeText } from "@finhub/streams";
import { type TestInput, TopologyTestDriver } from "@finhub/streams/testing";
import { jumps } from "./jumps.ts";

const startMs = 10_000_000;
const hourMs = 3_600_000;

function reading(sensor: string, atMs: number, celsius: number): TestInput {
  return { key: sensor, value: JSON.stringify({ sensor, atMs, celsius }), timestampMs: atMs };
}

for (const state of ["kept", "deleted"] as const) {
  Deno.test(`jumps and silence are reported once, state ${state}`, async () => {
    await using driver = await TopologyTestDriver.start(jumps, { startMs });
    await driver.pipe(reading("roof", startMs, 10), reading("roof", startMs + 1, 15));
    await driver.commit();
    await driver.pipe(reading("cellar", startMs + hourMs, 8), reading("roof", startMs, 20)); // old
    driver.failNext("before-end", { error: "crash" });
    await driver.commit();
    await driver.crash(0, { state });
    await driver.restart();
    await driver.pipe(reading("cellar", startMs + hourMs + 1, 9));
    await driver.commit();
    const reports = driver.log.visible("reports").map(({ value }) =>
      JSON.parse(decodeText(value ?? new Uint8Array()) ?? "")
    );
    assert.deepEqual(reports, [
      { sensor: "roof", from: 10, to: 15 },
      { sensor: "roof", silentSinceMs: startMs + 1 },
    ]);
  });
}
