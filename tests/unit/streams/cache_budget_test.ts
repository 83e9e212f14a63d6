import assert from "node:assert/strict";
import { CacheBudget } from "../../../src/streams/state/cache_budget.ts";

Deno.test("CacheBudget is shared by the caches in use, and by no others", () => {
  const budget = new CacheBudget(600);
  const first = budget.part();
  using _unused = budget.part();
  assert.deepEqual([first.bytesMax, first.bytesMax], [600, 600]);
  const second = budget.part();
  assert.deepEqual([second.bytesMax, first.bytesMax], [300, 300]);
  first[Symbol.dispose]();
  first[Symbol.dispose]();
  assert.equal(second.bytesMax, 600);
});
