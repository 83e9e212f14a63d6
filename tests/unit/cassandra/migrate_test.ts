import assert from "node:assert/strict";
import { isApplied } from "../../../src/cassandra/migrate.ts";

Deno.test.each([
  { why: "is noted and there", noted: true, missing: ["candles"], want: true },
  { why: "is noted and was dropped", noted: true, missing: ["candles", "trades"], want: false },
  { why: "is there and not noted", noted: false, missing: [], want: false },
])("isApplied() is $want for a file whose table $why", ({ noted, missing, want }) => {
  assert.equal(isApplied({ target: "trades" }, noted, missing), want);
});
