import assert from "node:assert/strict";
import {
  closingTimeMs,
  firstOpenStart,
  firstWindowStart,
  hopping,
  lastWindowStart,
  purgeHorizonMs,
  type TimeWindows,
  tumbling,
} from "../../../src/streams/topology/windows.ts";

const windows = tumbling("15s", { grace: "1m", retention: "1h" });

/** All windows of an event. */
function windowStarts(timeMs: number, of: TimeWindows): number[] {
  const starts: number[] = [];
  const lastMs = lastWindowStart(timeMs, of);
  for (let startMs = firstWindowStart(lastMs, of); startMs <= lastMs; startMs += of.advanceMs) {
    starts.push(startMs);
  }
  return starts;
}

Deno.test.each([
  { timeMs: 0, start: 0, why: "the epoch" },
  { timeMs: 14_999, start: 0, why: "the last moment of a window" },
  { timeMs: 15_000, start: 15_000, why: "a boundary belongs to the later window" },
  { timeMs: 1_381_132_800_464, start: 1_381_132_800_000, why: "a real trade" },
])("firstWindowStart() and lastWindowStart() of $timeMs are $start: $why", ({ timeMs, start }) => {
  assert.deepEqual(windowStarts(timeMs, windows), [start]);
});

const hops = hopping("30s", { advance: "10s", retention: "1m" });

Deno.test.each([
  { timeMs: 65_000, starts: [40_000, 50_000, 60_000], why: "three windows of 30 s each 10 s" },
  { timeMs: 60_000, starts: [40_000, 50_000, 60_000], why: "a start is part of its window" },
  { timeMs: 59_999, starts: [30_000, 40_000, 50_000], why: "an end is not" },
  { timeMs: 5_000, starts: [0], why: "no window starts before the epoch" },
])(
  "firstWindowStart() and lastWindowStart() of $timeMs in hopping windows: $why",
  ({ timeMs, starts }) => {
    assert.deepEqual(windowStarts(timeMs, hops), starts);
  },
);

Deno.test("hopping() refuses an advance that does not divide the size", () => {
  assert.throws(() => hopping("30s", { advance: "7s" }), /advance must divide the size/);
});

Deno.test("closingTimeMs() is the end of a window and its grace", () => {
  assert.equal(closingTimeMs(15_000, windows), 90_000);
});

Deno.test.each([{ keyHash: 0 }, { keyHash: 7 }, { keyHash: 4_294_967_295 }])(
  "purgeHorizonMs() keeps the retention and moves in steps: keyHash $keyHash",
  ({ keyHash }) => {
    assert.equal(purgeHorizonMs(3_599_999, windows, keyHash), 0);
    const stepMs = windows.retentionMs / 24;
    const seen = new Set<number>();
    for (let timeMs = 3_600_000; timeMs < 3_600_000 + 10 * stepMs; timeMs += 1_000) {
      const horizonMs = purgeHorizonMs(timeMs, windows, keyHash);
      assert.ok(horizonMs <= timeMs - windows.retentionMs);
      assert.ok(horizonMs > timeMs - windows.retentionMs - stepMs);
      assert.equal(horizonMs % windows.sizeMs, 0);
      assert.equal(purgeHorizonMs(horizonMs + windows.retentionMs, windows, keyHash), horizonMs);
      seen.add(horizonMs);
    }
    assert.ok(seen.size <= 11, `moved ${seen.size} times in 10 steps`);
  },
);

Deno.test("purgeHorizonMs() moves at another time for another key", () => {
  const horizons = [0, 1, 2, 3].map((keyHash) => purgeHorizonMs(10_000_000, windows, keyHash));
  assert.equal(new Set(horizons).size, 4);
});

Deno.test("tumbling() refuses a retention that ends before a window closes", () => {
  assert.throws(
    () => tumbling("15s", { grace: "1m", retention: 74_999 }),
    /retention must be >= size \+ grace/,
  );
});

Deno.test("firstOpenStart() is that of the first window whose closing time is to come", () => {
  for (const each of [windows, hops, { ...hops, graceMs: 5_000 }]) {
    for (let streamTimeMs = 0; streamTimeMs < 200_000; streamTimeMs += 2_500) {
      const startMs = firstOpenStart(streamTimeMs, each);
      assert.equal(startMs % each.advanceMs, 0);
      assert.ok(closingTimeMs(startMs, each) > streamTimeMs, `${startMs} at ${streamTimeMs}`);
      const beforeMs = startMs - each.advanceMs;
      assert.ok(beforeMs < 0 || closingTimeMs(beforeMs, each) <= streamTimeMs, `${beforeMs}`);
    }
  }
});
