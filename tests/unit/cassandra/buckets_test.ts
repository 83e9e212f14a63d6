import assert from "node:assert/strict";
import { candleBucket } from "../../../src/cassandra/buckets.ts";

const startMs = Date.UTC(2025, 2, 10, 23, 59, 45);

Deno.test.each([
  [15_000, "2025-03-10", "a day of 15-second windows"],
  [60_000, "2025-03-01", "a month of minutes"],
  [300_000, "2025-03-01", "a month of five minutes"],
  [3_600_000, "2025-01-01", "a year of hours"],
  [86_400_000, "2025-01-01", "a year of days"],
])("candleBucket() of %d ms windows is %s: %s", (sizeMs, want, _why) => {
  assert.equal(candleBucket({ sizeMs, startMs }), want);
});
