import assert from "node:assert/strict";
import {
  averagePoint,
  candlePoint,
  volumePoint,
  vwapPoint,
} from "../../../../src/http/page/chart_data.js";
import { Market } from "../../../../src/http/page/market.js";
import { lookBackMinutes, Spark } from "../../../../src/http/page/spark.js";
import { sparkPath } from "../../../../src/http/page/sparkline.js";
import { partsOf, targetIndex } from "../../../../src/http/page/symbol_list.js";
import { sliceOf } from "../../../../src/http/page/window.js";
import { candle } from "./candle.ts";

const minuteMs = 60_000;
const lookBackMs = lookBackMinutes * minuteMs;

const summary = {
  symbol: "AAPL",
  partition: 1,
  price: 110,
  time: lookBackMs + minuteMs,
  volume: 5,
  count: 2,
};

Deno.test("Market.list() adds names in their order, and knows where each is", () => {
  const market = new Market();
  market.list({ 1: ["B", "A"] });
  market.list({ 0: ["AA"] });
  assert.deepEqual(market.names, ["A", "AA", "B"]);
  assert.deepEqual(["AA", "B", "C"].map((name) => market.partitionOf(name)), [0, 1, undefined]);
  assert.deepEqual([market.has("B"), market.has("C")], [true, false]);
});

Deno.test("Market.view() measures the change over the last half hour of event time", () => {
  const market = new Market();
  market.addHistory("AAPL", [
    candle(0, 50),
    candle(minuteMs, 100),
    candle(lookBackMs, 105),
  ]);
  market.addSummaries([{ ...summary, time: lookBackMs + 1 }]);
  const view = market.view("AAPL");
  assert.deepEqual(view.closes, [100, 110]);
  assert.equal(view.change, 0.1);
  assert.equal(view.minutes, 30);
});

Deno.test("Market.view() knows no change without candles, without prices, or from a price of 0", () => {
  const market = new Market();
  assert.equal(market.view("AAPL").price, undefined);
  market.addSummaries([summary]);
  assert.equal(market.view("AAPL").change, undefined);
  market.addHistory("AAPL", [candle(0, null)]);
  assert.equal(market.view("AAPL").change, undefined);
  market.addHistory("AAPL", [candle(minuteMs, 0)]);
  assert.equal(market.view("AAPL").change, undefined);
});

Deno.test("Spark.add() keeps the last price of each minute and leaves out what is older", () => {
  const spark = new Spark([candle(0, 1)]);
  for (const [timeMs, price] of [[5, 2], [minuteMs, 3], [10, 9], [minuteMs + 1, 4]] as const) {
    spark.add(timeMs, price);
  }
  assert.deepEqual(spark.closes, [2, 4]);
  assert.equal(spark.base, 1);
  for (let minute = 2; minute < 100; minute++) spark.add(minute * minuteMs, minute);
  assert.equal(spark.closes.length, lookBackMinutes);
});

Deno.test("Market shows all prices of a symbol with as many decimals as any of them has", () => {
  const market = new Market();
  market.addSummaries([{ ...summary, price: 1.1 }]);
  assert.equal(market.decimals("AAPL"), 2);
  market.addHistory("AAPL", [candle(0, 1.08514), candle(minuteMs, null)]);
  assert.equal(market.decimals("AAPL"), 5);
  market.see("AAPL", [1.37e-9]);
  assert.equal(market.view("AAPL").decimals, 11);
  assert.equal(market.decimals("MSFT"), 2);
});

Deno.test("chart points count seconds and leave a gap where nothing is known", () => {
  const [known, unknown] = [candle(15_000, 2), candle(30_000, null)];
  assert.deepEqual(candlePoint(known, 0), { time: 15, open: 2, high: 2, low: 2, close: 2 });
  assert.deepEqual(candlePoint(unknown, 0), { time: 30 });
  assert.deepEqual(vwapPoint(known, 0), { time: 15, value: 2 });
  assert.deepEqual(vwapPoint(unknown, 0), { time: 30 });
  assert.deepEqual(averagePoint(known, 3_600_000), { time: 3_615, value: 2 });
  const colors = { upSoft: "green", downSoft: "red" };
  assert.equal(volumePoint(known, 0, colors).color, "green");
  assert.equal(volumePoint(candle(0, 1, { open: 2 }), 0, colors).color, "red");
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

Deno.test.each([
  ["BINANCE:BTCUSDT", "BINANCE", "BTCUSDT"],
  ["IC MARKETS:1", "IC MARKETS", "1"],
  ["AAPL", "", "AAPL"],
  [":A", "", ":A"],
  ["A:", "", "A:"],
])("partsOf(%s) is %j and %s", (symbol, venue, ticker) => {
  assert.deepEqual(partsOf(symbol), { venue, ticker });
});

Deno.test("sliceOf() holds what is in view and a few beyond, however long the list", () => {
  const view = { length: 46, extent: 700, spare: 4 };
  assert.deepEqual(sliceOf({ ...view, count: 3_000, offset: 0 }), { start: 0, end: 20 });
  assert.deepEqual(sliceOf({ ...view, count: 3_000, offset: 46_000 }), { start: 996, end: 1_020 });
  assert.deepEqual(sliceOf({ ...view, count: 5, offset: 46_000 }), { start: 0, end: 5 });
  assert.deepEqual(sliceOf({ ...view, count: 0, offset: 0 }), { start: 0, end: 0 });
});
