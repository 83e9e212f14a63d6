import assert from "node:assert/strict";
import { CacheBudget } from "../../../src/streams/state/cache_budget.ts";
import { WriteCache } from "../../../src/streams/state/write_cache.ts";
import { countingTopology } from "../../support/counting_topology.ts";

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

Deno.test("WriteCache leaves its part of the memory to others when it ends", () => {
  const budget = new CacheBudget(16_000);
  {
    const store = { get: () => undefined, getMany: () => Promise.resolve([]) };
    using cache = new WriteCache(store, countingTopology(), budget);
    cache.handOver();
    using other = budget.part();
    assert.equal(other.bytesMax, 8_000);
  }
  using other = budget.part();
  assert.equal(other.bytesMax, 16_000);
});
