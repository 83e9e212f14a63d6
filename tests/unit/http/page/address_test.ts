import assert from "node:assert/strict";
import { hashOf, viewOf } from "../../../../src/http/page/address.js";

Deno.test.each([
  [{ symbol: "AAPL", resolution: "1m" }, "#AAPL/1m"],
  [{ symbol: "BINANCE:BTCUSDT", resolution: "15s" }, "#BINANCE%3ABTCUSDT/15s"],
  [{ symbol: "BTC/USD #1", resolution: "1d" }, "#BTC%2FUSD%20%231/1d"],
])("hashOf(%o) is an address that viewOf() reads back", (view, hash) => {
  assert.equal(hashOf(view), hash);
  assert.deepEqual(viewOf(hash), view);
});

Deno.test.each([
  ["", { symbol: "", resolution: "" }],
  ["#AAPL", { symbol: "AAPL", resolution: "" }],
  ["#%E0%A4%A/1m", { symbol: "", resolution: "1m" }],
])("viewOf(%j) leaves open what the address does not say", (hash, view) => {
  assert.deepEqual(viewOf(hash), view);
});
