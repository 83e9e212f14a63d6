import assert from "node:assert/strict";
import { errorMessageOf, Subscriptions } from "../../../src/feed/subscriptions.ts";

const symbols = ["AAPL", "OANDA:EUR_USD", "IC MARKETS:1"];

function asked(messages: readonly string[]): string[] {
  return messages.map((message) => {
    const { type, symbol } = JSON.parse(message);
    assert.equal(type, "subscribe");
    return symbol;
  });
}

Deno.test("Subscriptions asks for every symbol once, at every opening", () => {
  const subscriptions = new Subscriptions([...symbols, "AAPL"]);
  assert.deepEqual(asked(subscriptions.opening()), symbols);
  assert.deepEqual(asked(subscriptions.opening()), symbols);
});

Deno.test("Subscriptions names an unknown symbol once and asks for it again later", () => {
  const subscriptions = new Subscriptions(symbols);
  const notice = subscriptions.refused("Invalid symbol IC MARKETS:1");
  assert.deepEqual(notice?.fields, { symbol: "IC MARKETS:1" });
  assert.deepEqual(asked(subscriptions.retrying()), ["IC MARKETS:1"]);
  assert.deepEqual(asked(subscriptions.retrying()), []);
  assert.equal(subscriptions.refused("Invalid symbol IC MARKETS:1"), undefined);
  assert.deepEqual(asked(subscriptions.retrying()), ["IC MARKETS:1"]);
});

Deno.test("Subscriptions names the plan's limit once, with the symbols it is likely about", () => {
  const many = Array.from({ length: 52 }, (_, index) => `S${index}`);
  const subscriptions = new Subscriptions(many);
  const notice = subscriptions.refused("Subscribing to too many symbols");
  assert.deepEqual(notice?.fields["likelyRefused"], ["S50", "S51"]);
  assert.equal(subscriptions.refused("Subscribing to too many symbols"), undefined);
  assert.deepEqual(subscriptions.retrying(), []);
});

Deno.test("Subscriptions.change() frees places first, then asks for what is new", () => {
  const subscriptions = new Subscriptions(symbols);
  assert.deepEqual(subscriptions.change(["AAPL", "MSFT"]).map((text) => JSON.parse(text)), [
    { type: "unsubscribe", symbol: "OANDA:EUR_USD" },
    { type: "unsubscribe", symbol: "IC MARKETS:1" },
    { type: "subscribe", symbol: "MSFT" },
  ]);
  assert.deepEqual(asked(subscriptions.opening()), ["AAPL", "MSFT"]);
  assert.deepEqual(subscriptions.change(["MSFT", "AAPL"]), []);
});

Deno.test("Subscriptions.change() forgets refused symbols that are no longer wanted", () => {
  const subscriptions = new Subscriptions(symbols);
  subscriptions.refused("Invalid symbol IC MARKETS:1");
  subscriptions.change(["AAPL"]);
  assert.deepEqual(subscriptions.retrying(), []);
});

Deno.test("Subscriptions.change() asks again for symbols that found no place", () => {
  const many = Array.from({ length: 52 }, (_, index) => `S${index}`);
  const subscriptions = new Subscriptions(many);
  subscriptions.refused("Subscribing to too many symbols");
  const messages = subscriptions.change(many.slice(2));
  assert.deepEqual(messages.map((text) => Object.values(JSON.parse(text)).join(" ")), [
    "unsubscribe S0",
    "unsubscribe S1",
    "subscribe S50",
    "subscribe S51",
  ]);
});

Deno.test("Subscriptions passes on other errors once each, cut short", () => {
  const subscriptions = new Subscriptions(symbols);
  assert.equal(String(subscriptions.refused("x".repeat(999))?.fields["answer"]).length, 200);
  assert.equal(subscriptions.refused("x".repeat(999)), undefined);
  assert(subscriptions.refused("Invalid symbol"));
  assert(subscriptions.refused("Invalid symbol NOT-OURS"));
});

Deno.test("Subscriptions remembers a bounded number of messages", () => {
  const subscriptions = new Subscriptions(symbols);
  const told = Array.from({ length: 500 }, (_, index) => subscriptions.refused(`error ${index}`));
  assert.equal(told.filter((notice) => notice !== undefined).length, 100);
});

Deno.test("errorMessageOf() finds error frames only", () => {
  assert.equal(errorMessageOf(`{ "type" : "error", "msg": "no" }`), "no");
  assert.equal(errorMessageOf(`{"type":"ping"}`), undefined);
  assert.equal(errorMessageOf(`{"type":"trade","data":[],"note":"error"}`), undefined);
  assert.equal(errorMessageOf(`"error"`.repeat(1_000)), undefined);
});
