import assert from "node:assert/strict";
import {
  averagePoint,
  candlePoint,
  volumePoint,
  vwapPoint,
} from "../../../../src/http/page/chart_data.js";
import { candleDecimals, lookBackMs, Market } from "../../../../src/http/page/market.js";
import { sparkPath } from "../../../../src/http/page/sparkline.js";
import { targetIndex } from "../../../../src/http/page/symbol_list.js";
import { candle } from "./candle.ts";

const summary = {
  symbol: "AAPL",
  partition: 1,
  price: 110,
  time: lookBackMs + 15_000,
  volume: 5,
  count: 2,
};

Deno.test("Market.symbolsOf() knows the symbols of partitions by name", () => {
  const market = new Market();
  market.addSummaries([summary, { ...summary, symbol: "A" }, {
    ...summary,
    symbol: "B",
    partition: 0,
  }]);
  assert.deepEqual(market.symbolsOf([1]), ["A", "AAPL"]);
  assert.deepEqual(market.symbolsOf([]), []);
});

Deno.test("Market.view() measures the change over the last half hour of event time", () => {
  const market = new Market();
  market.addSummaries([summary]);
  market.addCandles("AAPL", [
    candle(0, 50),
    candle(15_000, 100),
    candle(lookBackMs, 105),
  ]);
  const view = market.view("AAPL");
  assert.deepEqual(view?.closes, [100, 105]);
  assert.equal(view?.change, 0.1);
  assert.equal(view?.minutes, 30);
});

Deno.test("Market.view() knows no change without candles, without prices, or from a price of 0", () => {
  const market = new Market();
  market.addSummaries([summary]);
  assert.equal(market.view("AAPL")?.change, undefined);
  market.addCandles("AAPL", [candle(0, null)]);
  assert.equal(market.view("AAPL")?.change, undefined);
  market.addCandles("AAPL", [candle(15_000, 0)]);
  assert.equal(market.view("AAPL")?.change, undefined);
  assert.equal(market.view("MSFT"), undefined);
});

Deno.test("candleDecimals() shows every price of the candles", () => {
  assert.equal(candleDecimals([candle(0, 1.1), candle(15_000, 1.08514), candle(30_000, null)]), 5);
});

Deno.test("chart points count seconds and leave a gap where nothing is known", () => {
  const [known, unknown] = [candle(15_000, 2), candle(30_000, null)];
  assert.deepEqual(candlePoint(known), { time: 15, open: 2, high: 2, low: 2, close: 2 });
  assert.deepEqual(candlePoint(unknown), { time: 30 });
  assert.deepEqual(vwapPoint(known), { time: 15, value: 2 });
  assert.deepEqual(vwapPoint(unknown), { time: 30 });
  assert.deepEqual(averagePoint(known), { time: 15, value: 2 });
  const colors = { upSoft: "green", downSoft: "red" };
  assert.equal(volumePoint(known, colors).color, "green");
  assert.equal(volumePoint(candle(0, 1, { open: 2 }), colors).color, "red");
});

Deno.test("sparkPath() runs from edge to edge, flat for equal values, empty for one", () => {
  assert.equal(sparkPath([1]), "");
  assert.equal(sparkPath([1, 1]), "M0.0 13.0L66.0 13.0");
  assert.equal(sparkPath([1, 3, 2]), "M0.0 24.0L33.0 2.0L66.0 13.0");
});

Deno.test.each([
  ["ArrowDown", -1, 0],
  ["ArrowDown", 2, 2],
  ["ArrowUp", 0, 0],
  ["ArrowUp", -1, 0],
  ["Home", 2, 0],
  ["End", 0, 2],
  ["a", 1, undefined],
])("targetIndex() leads with %s from %s to %s", (key, index, expected) => {
  assert.equal(targetIndex(key, index, 3), expected);
});
