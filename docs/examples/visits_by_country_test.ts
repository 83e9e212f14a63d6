import assert from "node:assert/strict";
import { decodeText } from "@finhub/streams";
import { type TestInput, TopologyTestDriver } from "@finhub/streams/testing";
import { type Click, type Visit, visitsByCountry } from "./visits_by_country.ts";

const startMs = 60_000;
const hourMs = 3_600_000;

function click(user: string, atMs: number): TestInput {
  return { key: user, value: JSON.stringify({ user, atMs }), timestampMs: atMs };
}

function lives(user: string, country: string | null, atMs: number): TestInput {
  const value = country === null ? null : JSON.stringify({ country });
  return { topic: "users", key: user, value, timestampMs: atMs };
}

/** The visits that are over. */
function visitsOf({ log }: TopologyTestDriver<Click, Visit, never>): unknown[] {
  return log.visible("visits-by-country").map(({ value }) =>
    JSON.parse(decodeText(value ?? new Uint8Array()) ?? "")
  );
}

for (const state of ["kept", "deleted"] as const) {
  Deno.test(`visits are joined with users and counted once, state ${state}`, async () => {
    await using driver = await TopologyTestDriver.start(visitsByCountry, { startMs });
    await driver.pipe(lives("eva", "PL", startMs), click("eva", startMs + 1));
    await driver.commit();
    await driver.pipe(lives("eva", "DE", startMs + 2), {
      ...click("eva", startMs + 3),
      topic: "taps",
    });
    driver.failNext("before-end", { error: "crash" });
    await driver.commit();
    await driver.crash(0, { state });
    await driver.restart();
    await driver.pipe(click("eva", startMs + hourMs)); // the next visit: this one is over
    await driver.commit();
    assert.deepEqual(visitsOf(driver), [{ clicks: 2, country: "DE" }]);
  });
}

Deno.test("a user that no one knows, or that is deleted, is from nowhere", async () => {
  await using driver = await TopologyTestDriver.start(visitsByCountry, { startMs });
  await driver.pipe(click("ida", startMs), lives("eva", "PL", startMs));
  await driver.pipe(lives("eva", null, startMs + 1), click("eva", startMs + 2));
  await driver.pipe(click("ida", startMs + hourMs), click("eva", startMs + hourMs));
  await driver.commit();
  const unknown = { clicks: 1, country: "unknown" };
  assert.deepEqual(visitsOf(driver), [unknown, unknown]);
});
