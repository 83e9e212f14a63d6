import assert from "node:assert/strict";
import {
  barsOf,
  fittingResolution,
  keptView,
  positionOf,
  timeAt,
} from "../../../../src/http/page/chart_scale.js";
import { candle } from "./candle.ts";

const resolutions = [["15s", 15], ["1m", 60], ["5m", 300], ["1h", 3_600], ["1d", 86_400]].map(
  ([name, seconds]) => ({ name: String(name), size_ms: Number(seconds) * 1_000 }),
);
const sizeMs = 15_000;
const candles = [0, 1, 2, 6].map((window) => candle(window * sizeMs, window));

Deno.test.each([
  ["15s", 7, "15s"],
  ["15s", 2.9, "1m"],
  ["15s", 0.2, "5m"],
  ["1m", 19, "1m"],
  ["1m", 20, "15s"],
  ["1h", 59, "1h"],
  ["1h", 60, "5m"],
  ["1d", 7, "1d"],
  ["1d", 8_000, "1m"],
])("fittingResolution() of %s at %f px is %s", (name, barPx, expected) => {
  const current = resolutions.find((one) => one.name === name);
  assert(current);
  assert.equal(fittingResolution(resolutions, current, barPx).name, expected);
});

Deno.test("fittingResolution() does not go back at the border that it has just passed", () => {
  for (const current of resolutions) {
    for (const barPx of [0.05, 0.5, 2.99, 20, 100, 480]) {
      const next = fittingResolution(resolutions, current, barPx);
      const nextPx = barPx * next.size_ms / current.size_ms;
      assert.equal(fittingResolution(resolutions, next, nextPx), next, `${current.name} ${barPx}`);
    }
  }
});

Deno.test("timeAt() and positionOf() agree on candles and beyond both ends", () => {
  for (const position of [-3, 0, 1, 3, 8.5]) {
    assert.equal(positionOf(candles, timeAt(candles, position, sizeMs), sizeMs), position);
  }
  assert.equal(positionOf(candles, 4 * sizeMs, sizeMs), 3, "where candles meet");
});

Deno.test("keptView() keeps the candle at the left edge when older ones come", () => {
  const older = [candle(-30_000, 1), candle(-15_000, 1), ...candles];
  assert.deepEqual(keptView(candles, older, { from: 0.2, to: 2, follow: true }), {
    from: 2.2,
    to: 4,
  });
});

Deno.test("keptView() follows the end where that is in view, and only there", () => {
  const newer = [...candles, candle(7 * sizeMs, 7)];
  assert.deepEqual(keptView(candles, newer, { from: 1, to: 5, follow: true }), { from: 2, to: 6 });
  assert.deepEqual(keptView(candles, newer, { from: 0, to: 2, follow: true }), { from: 0, to: 2 });
});

Deno.test("keptView() does not run after the end of a stretch that only grows by loading", () => {
  const newer = [...candles, candle(7 * sizeMs, 7)];
  const view = { from: 1, to: 5 };
  assert.deepEqual(keptView(candles, newer, { ...view, follow: false }), view);
});

Deno.test("keptView() keeps the place when the far end goes", () => {
  assert.deepEqual(keptView(candles, candles.slice(0, 3), { from: 0, to: 2, follow: true }), {
    from: 0,
    to: 2,
  });
});

Deno.test("barsOf() draws a pause as such, and lets candles meet over a night", () => {
  const starts = [0, 1, 5, 300].map((window) => window * sizeMs);
  const bars = barsOf(starts.map((start) => candle(start, 1)), sizeMs);
  assert.deepEqual(
    bars.map(({ start }: { start: number }) => start / sizeMs),
    [0, 1, 2, 3, 4, 5, 300],
  );
  assert(!("open" in (bars[2] ?? {})));
  const hours = [0, 17].map((hour) => candle(hour * 3_600_000, 1, { end: (hour + 1) * 3_600_000 }));
  assert.equal(barsOf(hours, 3_600_000).length, 2);
});
