import assert from "node:assert/strict";
import { retryAfterMs } from "../../../src/feed/retry_after.ts";

const nowMs = Date.UTC(2026, 10, 28, 20, 0, 0);

Deno.test.each([
  { text: "90", waitMs: 90_000 },
  { text: "Sat, 28 Nov 2026 20:02:00 GMT", waitMs: 120_000 },
  { text: "Sat, 28 Nov 2026 19:00:00 GMT", waitMs: 0 },
  { text: "", waitMs: 0 },
  { text: "soon", waitMs: 0 },
])('retryAfterMs() of "$text" is $waitMs', ({ text, waitMs }) => {
  assert.equal(retryAfterMs(text, nowMs), waitMs);
});
