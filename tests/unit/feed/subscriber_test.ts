import assert from "node:assert/strict";
import { Subscriber } from "../../../src/feed/subscriber.ts";

function message(type: unknown, symbol: unknown): string {
  return JSON.stringify({ type, symbol });
}

function errorOf(answer: string | undefined): string | undefined {
  if (answer === undefined) return undefined;
  const { msg, type } = JSON.parse(answer);
  assert.equal(type, "error");
  return msg;
}

Deno.test("Subscriber keeps what was subscribed and not unsubscribed", () => {
  const subscriber = new Subscriber({ symbolLimit: 50 });
  for (const symbol of ["AAPL", "IC MARKETS:1", "AAPL"]) {
    assert.equal(subscriber.receive(message("subscribe", symbol)), undefined);
  }
  assert.equal(subscriber.receive(message("unsubscribe", "AAPL")), undefined);
  assert.deepEqual([...subscriber.symbols], ["IC MARKETS:1"]);
});

Deno.test("Subscriber refuses one symbol too many without naming it; leaving one makes room", () => {
  const subscriber = new Subscriber({ symbolLimit: 2 });
  subscriber.receive(message("subscribe", "A"));
  subscriber.receive(message("subscribe", "B"));
  const refusal = subscriber.receive(message("subscribe", "C"));
  assert.equal(errorOf(refusal), "Subscribing to too many symbols");
  assert.equal(subscriber.receive(message("subscribe", "A")), undefined);
  subscriber.receive(message("unsubscribe", "A"));
  assert.equal(subscriber.receive(message("subscribe", "C")), undefined);
});

Deno.test("Subscriber names a symbol that does not exist", () => {
  const subscriber = new Subscriber({ symbolLimit: 2, knownSymbols: new Set(["A"]) });
  assert.equal(errorOf(subscriber.receive(message("subscribe", "X"))), "Invalid symbol X");
  assert.equal(subscriber.symbols.size, 0);
});

Deno.test.each([
  { text: "", answer: "Invalid message" },
  { text: "null", answer: "Invalid message" },
  { text: " ".repeat(5_000), answer: "Invalid message" },
  { text: "{}", answer: "Invalid message type" },
  { text: message("subscribe-news", "AAPL"), answer: "Invalid message type" },
  { text: message("subscribe", 7), answer: "Invalid symbol" },
  { text: message("subscribe", ""), answer: "Invalid symbol" },
  { text: message("subscribe", "A\n"), answer: "Invalid symbol" },
  { text: message("subscribe", "A".repeat(129)), answer: "Invalid symbol" },
])("Subscriber answers $text with $answer", ({ text, answer }) => {
  const subscriber = new Subscriber({ symbolLimit: 50 });
  assert.equal(errorOf(subscriber.receive(text)), answer);
});
