import assert from "node:assert/strict";
import { Expectation } from "../../../scripts/recompute/expected.ts";
import { resolutions, summarySizeMs } from "../../../scripts/recompute/results.ts";
import { CompensatedSum } from "../../../scripts/recompute/sum.ts";
import * as market from "../../../src/market/resolutions.ts";
import { summaryWindowMs } from "../../../src/market/tables.ts";

Deno.test("The recomputation has every window length of the market job", () => {
  assert.deepEqual(resolutions, [...market.resolutions]);
  assert.equal(summarySizeMs, summaryWindowMs);
});

Deno.test("CompensatedSum keeps what plain addition loses", () => {
  const sum = new CompensatedSum();
  for (const term of [1, 1e100, 1, -1e100]) sum.add(term);
  assert.equal(sum.value, 2);
});

Deno.test("Expectation puts a trade at a boundary into the later window", () => {
  const expectation = new Expectation({ sizeMs: 15_000, graceMs: 0 });
  for (const t of [14_999, 15_000]) expectation.add({ s: "A", p: 1, v: 1, t });
  assert.deepEqual([...expectation.windows.get("A")?.keys() ?? []], [0, 15_000]);
});

Deno.test("Expectation closes a window when its symbol's time reaches end and grace", () => {
  const expectation = new Expectation({ sizeMs: 15_000, graceMs: 5_000 });
  const times = [0, 19_999, 1, 20_000, 2];
  for (const t of times) expectation.add({ s: "A", p: t, v: 1, t });
  expectation.add({ s: "B", p: 1, v: 1, t: 0 });
  assert.equal(expectation.windows.get("A")?.get(0)?.count, 2);
  assert.equal(expectation.windows.get("B")?.get(0)?.count, 1);
  assert.deepEqual([expectation.tradeCount, expectation.lateCount], [6, 1]);
});

Deno.test("Expectation opens with the first and closes with the last of one millisecond", () => {
  const expectation = new Expectation({ sizeMs: 15_000, graceMs: 0 });
  for (const p of [5, 9, 1, 6]) expectation.add({ s: "A", p, v: 1, t: 7 });
  const window = expectation.windows.get("A")?.get(0);
  assert.deepEqual([window?.first?.p, window?.high, window?.low, window?.last?.p], [5, 9, 1, 6]);
});
