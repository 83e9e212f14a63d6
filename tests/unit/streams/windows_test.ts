import assert from "node:assert/strict";
import { isClosed, purgeHorizonMs, tumbling, windowStart } from "../../../src/streams/windows.ts";

const windows = tumbling({ sizeMs: 15_000, graceMs: 60_000, retentionMs: 3_600_000 });

Deno.test.each([
  { timeMs: 0, start: 0, why: "the epoch" },
  { timeMs: 14_999, start: 0, why: "the last moment of a window" },
  { timeMs: 15_000, start: 15_000, why: "a boundary belongs to the later window" },
  { timeMs: 1_381_132_800_464, start: 1_381_132_800_000, why: "a real trade" },
])("windowStart() of $timeMs is $start: $why", ({ timeMs, start }) => {
  assert.equal(windowStart(timeMs, 15_000), start);
});

Deno.test.each([
  { streamTimeMs: 74_999, closed: false, why: "grace is not over" },
  { streamTimeMs: 75_000, closed: true, why: "end + grace <= stream time" },
])("isClosed() at stream time $streamTimeMs is $closed: $why", ({ streamTimeMs, closed }) => {
  assert.equal(isClosed(0, streamTimeMs, windows), closed);
});

Deno.test("purgeHorizonMs() keeps the retention and moves in steps", () => {
  assert.equal(purgeHorizonMs(3_600_000, windows), 0);
  const horizonMs = purgeHorizonMs(10_000_000, windows);
  assert.ok(horizonMs <= 10_000_000 - windows.retentionMs);
  assert.ok(horizonMs > 10_000_000 - windows.retentionMs - windows.retentionMs / 24);
  assert.equal(horizonMs % windows.sizeMs, 0);
});

Deno.test("tumbling() refuses a retention that ends before a window closes", () => {
  assert.throws(
    () => tumbling({ sizeMs: 15_000, graceMs: 60_000, retentionMs: 74_999 }),
    /retention must be >= size \+ grace/,
  );
});
