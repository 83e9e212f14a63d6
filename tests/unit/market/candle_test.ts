import assert from "node:assert/strict";
import {
  type Candle,
  meanPriceVolume,
  mergeCandles,
  tradeAggregator,
  vwap,
} from "../../../src/market/candle.ts";
import type { ConditionPolicy } from "../../../src/market/conditions.ts";

type Sketch = readonly [timeMs: number, price: number, volume: number, ...conditions: string[]];

function fold(policy: ConditionPolicy, trades: readonly Sketch[]): Candle {
  const aggregator = tradeAggregator(policy);
  const aggregate = aggregator.initial();
  for (const [eventTimeMs, price, volume, ...conditions] of trades) {
    aggregator.add(aggregate, { symbol: "A", eventTimeMs, price, volume, conditions });
  }
  return aggregate;
}

const trades: readonly Sketch[] = [
  [1_000, 50, 1, "12"], // odd lot: volume only
  [2_000, 10, 2, "1"],
  [3_000, 90, 3, "18"], // opening of a market centre: no last
  [4_000, 12, 4, "1"],
  [5_000, 99, 5, "41"], // nothing
];

Deno.test("With policy all every trade moves everything", () => {
  assert.deepEqual(fold("all", trades), {
    count: 5,
    volume: 15,
    priceVolume: 50 + 20 + 270 + 48 + 495,
    open: 50,
    openTimeMs: 1_000,
    high: 99,
    low: 10,
    close: 99,
    closeTimeMs: 5_000,
  });
});

Deno.test("With policy consolidated a trade moves what its codes allow", () => {
  const aggregate = fold("consolidated", trades);
  assert.deepEqual(aggregate, {
    count: 4,
    volume: 10,
    priceVolume: 50 + 20 + 270 + 48,
    open: 10,
    openTimeMs: 2_000,
    high: 90,
    low: 10,
    close: 12,
    closeTimeMs: 4_000,
  });
  assert.equal(meanPriceVolume(aggregate), 97);
  assert.equal(vwap(aggregate), 38.8);
});

Deno.test("A window whose trades may move nothing is empty, not wrong", () => {
  const aggregate = fold("consolidated", [[1_000, 50, 1, "41"]]);
  assert.deepEqual(aggregate, tradeAggregator("consolidated").initial());
  assert.equal(meanPriceVolume(aggregate), 0);
  assert.equal(vwap(aggregate), null);
});

Deno.test("Open and close go by event time, ties by the order of the input", () => {
  const { open, close } = fold("all", [[2_000, 1, 1], [1_000, 2, 1], [1_000, 3, 1], [2_000, 4, 1]]);
  assert.deepEqual([open, close], [2, 4]);
});

Deno.test("mergeCandles() opens with the earliest trade and closes with the latest", () => {
  const { initial, add } = tradeAggregator("all");
  const merged = initial();
  for (const trades of [[[3, 10], [5, 12]], [[9, 16], [1, 20]]]) {
    const part = initial();
    for (const [price = 0, eventTimeMs = 0] of trades) {
      add(part, { symbol: "A", price, volume: 2, eventTimeMs, conditions: null });
    }
    mergeCandles(merged, part);
  }
  assert.deepEqual(merged, {
    count: 4,
    volume: 8,
    priceVolume: 36,
    open: 3,
    openTimeMs: 10,
    high: 9,
    low: 1,
    close: 1,
    closeTimeMs: 20,
  });
});

Deno.test("mergeCandles() leaves prices alone that a part without any does not have", () => {
  const { initial, add } = tradeAggregator("all");
  const trade = { symbol: "A", price: 3, volume: 2, eventTimeMs: 10, conditions: null };
  for (const order of ["before", "after"]) {
    const [merged, part, empty] = [initial(), initial(), { ...initial(), count: 1, volume: 5 }];
    add(part, trade);
    for (const one of order === "before" ? [empty, part] : [part, empty]) {
      mergeCandles(merged, one);
    }
    const { count, volume, open, high, low, close } = merged;
    assert.deepEqual([count, volume, open, high, low, close], [2, 7, 3, 3, 3, 3]);
  }
});
