import { HttpProblem } from "../../../../src/http/response.ts";
import assert from "node:assert/strict";
import { QueryGate } from "../../../../src/http/admission/query_gate.ts";
import { SimulatedClock } from "../../../../src/streams/testing/simulated_clock.ts";

const limits = {
  ...{ perSecond: 10, burst: 5, bytesPerQuery: 1_000 },
  ...{ running: 2, waitingPerAddress: 2, waiting: 3 },
};

/** A refusal's Retry-After, s; 0 for a query that was let through. */
async function refusal(query: Promise<unknown>): Promise<number> {
  try {
    await query;
    return 0;
  } catch (error) {
    assert.ok(error instanceof HttpProblem && error.problem.status === 429);
    return Number(error.problem.headers?.["retry-after"]);
  }
}

Deno.test("QueryGate lets through as many queries of an address as it has saved up", async () => {
  const clock = new SimulatedClock();
  const gate = new QueryGate(clock, limits);
  const ask = (address: string) => refusal(gate.pass(address, () => {}));
  for (let query = 0; query < 5; query++) assert.equal(await ask("192.0.2.1"), 0);
  assert.equal(await ask("192.0.2.1"), 1);
  assert.equal(await ask("192.0.2.2"), 0, "another address");
  await clock.advance(100);
  assert.equal(await ask("192.0.2.1"), 0);
  assert.equal(await ask("192.0.2.1"), 1);
});

Deno.test("QueryGate counts a long answer as many queries", async () => {
  const clock = new SimulatedClock();
  const gate = new QueryGate(clock, limits);
  const ask = () => refusal(gate.pass("2001:db8::1", () => {}));
  assert.equal(await ask(), 0);
  gate.charge("2001:db8::2", 33_000);
  assert.equal(await ask(), 3);
  await clock.advance(3_000);
  assert.equal(await ask(), 0);
});

Deno.test("QueryGate lets the addresses take turns, and answers 429 where too many wait", async () => {
  const clock = new SimulatedClock();
  const gate = new QueryGate(clock, limits);
  const order: string[] = [];
  const work = Array.from({ length: 5 }, () => Promise.withResolvers<void>());
  let next = 0;
  const ask = (address: string, name: string) =>
    refusal(gate.pass(address, () => {
      order.push(name);
      return work[next++]?.promise;
    }));
  const running = [ask("192.0.2.1", "a1"), ask("192.0.2.1", "a2")];
  const waiting = [ask("192.0.2.1", "a3"), ask("192.0.2.1", "a4")];
  assert.equal(await ask("192.0.2.1", "a5"), 1);
  waiting.push(ask("192.0.2.2", "b1"));
  assert.equal(await ask("192.0.2.3", "c1"), 1);
  for (const { resolve } of work) {
    resolve();
    await clock.advance(1);
  }
  assert.deepEqual(await Promise.all([...running, ...waiting]), [0, 0, 0, 0, 0]);
  assert.deepEqual(order, ["a1", "a2", "a3", "b1", "a4"]);
});

Deno.test("QueryGate forgets addresses, and those first that have asked least", async () => {
  const clock = new SimulatedClock();
  const gate = new QueryGate(clock, limits);
  gate.charge("192.0.2.1", 1e6);
  for (let i = 0; i < 3_000; i++) gate.charge(`10.0.${i >> 8}.${i & 255}`, 0);
  assert.ok(await refusal(gate.pass("192.0.2.1", () => {})) > 1);
});
