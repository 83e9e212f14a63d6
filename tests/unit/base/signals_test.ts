import assert from "node:assert/strict";
import { fired, woken } from "../../../src/base/signals.ts";

Deno.test("woken() ends when someone calls, and when its signal fires", async () => {
  const waiting = new Set<() => void>();
  const stop = new AbortController();
  const called = woken(waiting, stop.signal);
  for (const wake of waiting) wake();
  await called;
  const stopped = woken(waiting, stop.signal);
  stop.abort();
  await assert.rejects(stopped, { code: "ABORTED" });
  assert.equal(waiting.size, 0);
});

// A standby whose reader was called in the moment in which it was told to end waited for ever.
Deno.test("woken() does not wait when its signal has fired", async () => {
  const waiting = new Set<() => void>();
  await assert.rejects(woken(waiting, AbortSignal.abort()), { code: "ABORTED" });
  assert.equal(waiting.size, 0);
});

Deno.test("fired() ends when a signal fires, and when it has", async () => {
  const stop = new AbortController();
  const waits = fired(stop.signal);
  stop.abort();
  await waits;
  await fired(stop.signal);
});
