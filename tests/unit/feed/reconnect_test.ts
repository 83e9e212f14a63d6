import assert from "node:assert/strict";
import {
  type ConnectionEnd,
  finnhubReconnectPolicy as policy,
  reconnectStep,
} from "../../../src/feed/reconnect.ts";

const closed: ConnectionEnd = { kind: "closed", code: 1006, problem: "" };
const highest = { next: () => 0.999_999 };
const lowest = { next: () => 0 };

function refused(status: number, retryAfterMs = 0): ConnectionEnd {
  return { kind: "refused", status, retryAfterMs };
}

function wait(end: ConnectionEnd, { openMs = 0, failures = 0, random = highest } = {}) {
  const step = reconnectStep({ end, openMs, failures }, policy, random);
  assert(step.kind === "wait");
  return step;
}

Deno.test.each([401, 403])("reconnectStep() stops at HTTP %d and says what to do", (status) => {
  const step = reconnectStep({ end: refused(status), openMs: 0, failures: 3 }, policy, highest);
  assert(step.kind === "stop");
  assert.equal(step.error.code, "FEED_REFUSED");
  assert.match(step.error.message, /FINHUB_SECRET_KEY/);
});

Deno.test("reconnectStep() waits at least a minute after HTTP 429", () => {
  assert.equal(wait(refused(429), { random: lowest }).delayMs, 60_000);
});

Deno.test("reconnectStep() heeds Retry-After, within a bound", () => {
  assert.equal(wait(refused(503, 90_000), { random: lowest }).delayMs, 90_000);
  assert.equal(wait(refused(429, 1e12), { random: lowest }).delayMs, 900_000);
});

Deno.test.each([200, 301, 500, 502, 503])("reconnectStep() tries again after HTTP %d", (status) => {
  const { error, delayMs } = wait(refused(status));
  assert.equal(error.code, "FEED_UNAVAILABLE");
  assert.match(error.message, new RegExp(`HTTP ${status}$`));
  assert(delayMs < 1_000);
});

Deno.test("reconnectStep() doubles the bound of the wait up to a minute", () => {
  const bounds = [0, 1, 2, 3, 10, 1_000].map((failures) =>
    Math.round(wait(closed, { failures }).delayMs / 1_000)
  );
  assert.deepEqual(bounds, [1, 2, 4, 8, 60, 60]);
});

Deno.test("reconnectStep() spreads the wait over the whole range", () => {
  assert.equal(wait(closed, { failures: 5, random: lowest }).delayMs, 0);
});

Deno.test("reconnectStep() resets only after a stable minute", () => {
  assert.equal(wait(closed, { failures: 6, openMs: 59_999 }).failures, 7);
  assert.equal(wait(closed, { failures: 6, openMs: 60_000 }).failures, 1);
});

Deno.test("reconnectStep() suspects a second user of the key behind a brief connection", () => {
  assert.match(wait(closed, { openMs: 300 }).error.message, /another program/);
  assert.doesNotMatch(wait(closed, { openMs: 30_000 }).error.message, /another program/);
});

Deno.test("reconnectStep() names silence and unreachable servers", () => {
  assert.match(wait({ kind: "silent", silentMs: 150_000 }).error.message, /heard for 150 s/);
  const unreachable = { kind: "unreachable", problem: "connect ECONNREFUSED" } as const;
  assert.match(wait(unreachable).error.message, /ECONNREFUSED/);
});
