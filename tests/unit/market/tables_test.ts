import assert from "node:assert/strict";
import { resolutionName, utcDate } from "../../../src/market/tables.ts";

Deno.test.each([
  [15_000, "15s"],
  [60_000, "1m"],
  [90_000, "90s"],
  [300_000, "5m"],
  [3_600_000, "1h"],
  [86_400_000, "1d"],
])("resolutionName() names %d ms %s", (sizeMs, want) => {
  assert.equal(resolutionName(sizeMs), want);
});

Deno.test.each([[0], [-1_000], [1_500], [NaN]])("resolutionName() refuses %d ms", (sizeMs) => {
  assert.throws(() => resolutionName(sizeMs), { name: "InvariantError" });
});

Deno.test.each([
  [0, "1970-01-01"],
  [1_741_651_199_999, "2025-03-10"],
  [1_741_651_200_000, "2025-03-11"],
])("utcDate() puts %d ms on %s", (timeMs, want) => {
  assert.equal(utcDate(timeMs), want);
});
