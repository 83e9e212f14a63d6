import assert from "node:assert/strict";
import { candleLevels, resolutions } from "../../../src/market/resolutions.ts";
import { summaryWindowMs } from "../../../src/market/tables.ts";
import { checkedRollUps } from "../../../src/streams/topology/roll_ups.ts";
import { tumbling } from "../../../src/streams/topology/windows.ts";

const dayMs = 86_400_000;

Deno.test("resolutions are the windows and the candles, shortest first", () => {
  assert.deepEqual([...resolutions], [
    ["15s", 15_000],
    ["1m", 60_000],
    ["5m", 300_000],
    ["1h", 3_600_000],
    ["1d", 86_400_000],
  ]);
});

Deno.test("candleLevels() keeps as many candles of each length as windows", () => {
  const levels = candleLevels(dayMs);
  for (const { sizeMs, retentionMs } of levels) {
    assert.equal(retentionMs / sizeMs, dayMs / summaryWindowMs);
  }
});

Deno.test.each([[0], [1], [60_000], [86_400_000]])(
  "candleLevels() keeps enough at the least retention of the settings with grace %d",
  (graceMs) => {
    const retentionMs = summaryWindowMs + graceMs;
    const base = tumbling(summaryWindowMs, { grace: graceMs, retention: retentionMs });
    const levels = candleLevels(retentionMs);
    assert.equal(checkedRollUps(base, { merge: () => {}, levels }).levels.length, levels.length);
  },
);
