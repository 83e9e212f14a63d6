import assert from "node:assert/strict";
import { symbolCharsMax } from "../../../src/base/symbol.ts";
import { magnitudeMax, type Trade, tradeFault } from "../../../src/market/trade.ts";
import { tradeWith } from "../../support/trade_codecs.ts";

const timeMs = 1_700_000_000_000;

Deno.test.each([
  { why: "oil in April 2020", trade: { price: -37.63 } },
  { why: "a price update", trade: { volume: 0 } },
  { why: "a share of the smallest coin", trade: { price: 1.37e-9, volume: 1e15 } },
  { why: "the smallest numbers", trade: { price: 5e-324, volume: 5e-324 } },
  { why: "the greatest price", trade: { price: -magnitudeMax, volume: 1 } },
  { why: "negative zeros", trade: { price: -0, volume: -0 } },
  { why: "a symbol with a space", trade: { symbol: "IC MARKETS:1" } },
  { why: "a symbol of another script", trade: { symbol: "é€😀" } },
  { why: "the longest symbol", trade: { symbol: "€".repeat(symbolCharsMax) } },
  { why: "no conditions", trade: { conditions: null } },
  { why: "conditions of every kind", trade: { conditions: ["", null, "1", "x".repeat(32)] } },
  { why: "1971", trade: { eventTimeMs: 31_536_000_000 } },
  { why: "the year 5138", trade: { eventTimeMs: 1e14 - 1 } },
])("tradeFault() takes $why", ({ trade }) => {
  assert.equal(tradeFault(tradeWith(trade)), undefined);
});

const impossible: { trade: Partial<Trade>; fault: string }[] = [
  { trade: { price: NaN }, fault: "price is beyond +-1000000000000000: NaN" },
  { trade: { price: -Infinity }, fault: "price is beyond +-1000000000000000: -Infinity" },
  { trade: { price: 1e308 }, fault: "price is beyond +-1000000000000000: 1e+308" },
  { trade: { volume: NaN }, fault: "volume is not from 0 to 1000000000000000: NaN" },
  { trade: { volume: -1 }, fault: "volume is not from 0 to 1000000000000000: -1" },
  { trade: { volume: 1e16 }, fault: "volume is not from 0 to 1000000000000000: 10000000000000000" },
  {
    trade: { price: -1e8, volume: 1e8 },
    fault: "price * volume is beyond +-1000000000000000: -10000000000000000",
  },
  { trade: { eventTimeMs: NaN }, fault: "time is not epoch milliseconds: NaN" },
  { trade: { eventTimeMs: Infinity }, fault: "time is not epoch milliseconds: Infinity" },
  {
    trade: { eventTimeMs: timeMs + 0.5 },
    fault: "time is not epoch milliseconds: 1700000000000.5",
  },
  { trade: { eventTimeMs: -1 }, fault: "time is not epoch milliseconds: -1" },
  {
    trade: { eventTimeMs: timeMs / 1_000 },
    fault: "time is before 1971, as seconds in place of milliseconds are: 1700000000",
  },
  {
    trade: { eventTimeMs: timeMs / 1_000 + 0.25 },
    fault: "time is before 1971, as seconds in place of milliseconds are: 1700000000.25",
  },
  {
    trade: { eventTimeMs: timeMs * 1_000 },
    fault: "time is after the year 5138, as microseconds in place of milliseconds are: " +
      "1700000000000000",
  },
  {
    trade: { eventTimeMs: timeMs * 1_000_000 },
    fault: "time is after the year 5138, as nanoseconds in place of milliseconds are: " +
      "1700000000000000000",
  },
  { trade: { symbol: "" }, fault: "symbol is empty" },
  { trade: { symbol: "A".repeat(129) }, fault: "symbol is longer than 128 characters: 129" },
  { trade: { symbol: "A\u0000" }, fault: "symbol has a control or format character: U+0000" },
  { trade: { symbol: "A\u0085" }, fault: "symbol has a control or format character: U+0085" },
  { trade: { symbol: "\uFEFFAAPL" }, fault: "symbol has a control or format character: U+FEFF" },
  { trade: { symbol: "A\u202EB" }, fault: "symbol has a control or format character: U+202E" },
  { trade: { symbol: "A\u2028B" }, fault: "symbol has a control or format character: U+2028" },
  { trade: { symbol: "A\uD800" }, fault: "symbol has a control or format character: U+D800" },
  { trade: { conditions: Array(33).fill(null) }, fault: "more than 32 condition codes: 33" },
  {
    trade: { conditions: ["1", "x".repeat(33)] },
    fault: "condition code is longer than 32 characters: 33",
  },
  {
    trade: { conditions: ["\uD800"] },
    fault: "condition code has a control or format character",
  },
];

Deno.test.each(impossible)("tradeFault() finds that $fault", ({ trade, fault }) => {
  assert.equal(tradeFault(tradeWith(trade)), fault);
});
