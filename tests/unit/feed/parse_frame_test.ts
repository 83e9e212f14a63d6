import assert from "node:assert/strict";
import { Buffer } from "node:buffer";
import { createHash } from "node:crypto";
import { frameBytesMax, messageOf, messageOfText } from "../../../src/feed/message.ts";
import { parseFrame } from "../../../src/feed/parse_frame.ts";
import type { ParsedFrame } from "../../../src/feed/frame.ts";
import { entry, tradeText } from "../../support/frames.ts";
import { between, hostileEntries, hostileFrames, marker } from "../../support/hostile/frames.ts";

function trades(text: string): Extract<ParsedFrame, { kind: "trades" }> {
  const parsed = parseFrame(text);
  assert(parsed.kind === "trades", `not trades: ${JSON.stringify(parsed)}`);
  return parsed;
}

Deno.test("parseFrame() reads every field of a trade", () => {
  assert.deepEqual(parseFrame(tradeText(entry())), {
    kind: "trades",
    trades: [{
      symbol: "AAPL",
      price: 187.5,
      volume: 3,
      eventTimeMs: 1_700_000_000_000,
      conditions: ["1"],
    }],
    faults: [],
  });
});

Deno.test.each([
  { c: undefined, want: null },
  { c: null, want: null },
  { c: [], want: [] },
  { c: ["1", null, "12"], want: ["1", null, "12"] },
])("parseFrame() takes c = $c", ({ c, want }) => {
  assert.deepEqual(trades(tradeText(entry({ c }))).trades[0]?.conditions, want);
});

Deno.test("parseFrame() keeps the order of trades of several symbols", () => {
  const symbols = ["AAPL", "BINANCE:BTCUSDT", "AAPL", "IC MARKETS:1"];
  const parsed = trades(tradeText(...symbols.map((s) => entry({ s }))));
  assert.deepEqual(parsed.trades.map(({ symbol }) => symbol), symbols);
});

Deno.test("parseFrame() takes price updates, fractions, negative prices and unknown keys", () => {
  const data = [entry({ v: 0 }), entry({ v: 0.00001 }), entry({ p: -37.63 }), entry({ x: [{}] })];
  assert.equal(trades(tradeText(...data)).trades.length, data.length);
});

Deno.test("parseFrame() reads pings, errors and frames without trades", () => {
  assert.deepEqual(parseFrame(`{"type":"ping"}`), { kind: "ping" });
  const error = { kind: "error", message: "Invalid symbol X" };
  assert.deepEqual(parseFrame(`{"msg":"Invalid symbol X","type":"error"}`), error);
  assert.deepEqual(parseFrame(tradeText()), { kind: "trades", trades: [], faults: [] });
});

Deno.test.each([
  { text: "", cause: "frame is not JSON" },
  { text: `{"type":"trade","data":[`, cause: "frame is not JSON" },
  { text: "null", cause: "frame must be an object: null" },
  { text: "[]", cause: "frame must be an object: array" },
  { text: `"trade"`, cause: "frame must be an object: string" },
  { text: "{}", cause: "type must be trade, ping or error: undefined" },
  { text: `{"type":"news"}`, cause: "type must be trade, ping or error: string" },
  { text: `{"type":["trade"]}`, cause: "type must be trade, ping or error: array" },
  { text: `{"type":"trade"}`, cause: "data must be an array: undefined" },
  { text: `{"type":"trade","data":null}`, cause: "data must be an array: null" },
  { text: `{"type":"trade","data":{"0":{}}}`, cause: "data must be an array: object" },
  { text: `{"type":"error"}`, cause: "msg of an error must be a string: undefined" },
  { text: "[".repeat(200_000), cause: "frame is not JSON" },
])("parseFrame() calls it malformed: $cause", ({ text, cause }) => {
  assert.deepEqual(parseFrame(text), { kind: "malformed", cause });
});

Deno.test.each([
  { bad: null, fault: "entry must be an object: null" },
  { bad: [], fault: "entry must be an object: array" },
  { bad: entry({ s: 1 }), fault: "s must be a string: number" },
  { bad: entry({ s: "" }), fault: "symbol is empty" },
  { bad: entry({ s: "\ud800" }), fault: "symbol has a control or format character: U+D800" },
  { bad: entry({ p: "1" }), fault: "p must be a number: string" },
  { bad: entry({ p: null }), fault: "p must be a number: null" },
  { bad: entry({ v: undefined }), fault: "v must be a number: undefined" },
  { bad: entry({ v: -1 }), fault: "volume is not from 0 to 1000000000000000: -1" },
  { bad: entry({ t: "now" }), fault: "t must be a number: string" },
  { bad: entry({ t: 1e12 + 0.5 }), fault: "time is not epoch milliseconds: 1000000000000.5" },
  { bad: entry({ t: -1 }), fault: "time is not epoch milliseconds: -1" },
  { bad: entry({ t: 1e300 }), fault: "time is not epoch milliseconds: 1e+300" },
  { bad: entry({ c: "1" }), fault: "c must be a list of strings or nulls" },
  { bad: entry({ c: [1] }), fault: "c must be a list of strings or nulls" },
])("parseFrame() names the entry whose $fault, and keeps the others", ({ bad, fault }) => {
  const parsed = trades(tradeText(entry({ p: 1 }), bad, entry({ p: 2 })));
  assert.deepEqual(parsed.trades.map(({ price }) => price), [1, 2]);
  assert.deepEqual(parsed.faults, [{ index: 1, fault }]);
});

Deno.test("parseFrame() finds numbers too large for a double", () => {
  const parsed = trades(`{"type":"trade","data":[{"s":"A","p":1e999,"t":1,"v":1}]}`);
  assert.deepEqual(parsed.faults, [{
    index: 0,
    fault: "price is beyond +-1000000000000000: Infinity",
  }]);
});

Deno.test("parseFrame() is not misled by a prototype in the message", () => {
  const text = `{"__proto__":{"type":"trade","data":[]}}`;
  assert.equal(parseFrame(text).kind, "malformed");
});

Deno.test("parseFrame() takes the good trade between hostile entries, and no other", () => {
  for (const hostile of hostileEntries) {
    const { trades: taken, faults } = trades(between(hostile));
    assert.deepEqual(taken.map(({ symbol }) => symbol), [marker], hostile.slice(0, 200));
    assert.deepEqual(faults.map(({ index }) => index), [0, 2], hostile.slice(0, 200));
    for (const { fault } of faults) assert(fault.length < 100 && !fault.includes(marker), fault);
  }
});

Deno.test("parseFrame() calls every hostile message malformed, and repeats none of it", () => {
  for (const hostile of hostileFrames) {
    const parsed = parseFrame(hostile);
    assert(parsed.kind === "malformed", `${hostile.slice(0, 200)} is ${parsed.kind}`);
    assert(parsed.cause.length < 100 && !parsed.cause.includes(marker), parsed.cause);
  }
});

// A megabyte of 0xff became a dead letter of three, which no topic took.
Deno.test.each([
  { what: "bytes that are no text", bytes: new Uint8Array(3_000_000).fill(0xff) },
  { what: "a text", bytes: new Uint8Array(1_000_001).fill(0x41) },
])(
  "messageOf() keeps the beginning of $what beyond the bound, and says what it was",
  ({ bytes }) => {
    const { text, unreadable } = messageOf(bytes);
    assert.equal(text, "");
    assert.equal(unreadable?.bytes.length, frameBytesMax);
    assert.equal(Buffer.compare(unreadable.bytes, bytes.subarray(0, frameBytesMax)), 0);
    const sha256 = createHash("sha256").update(bytes).digest("hex");
    assert.deepEqual(unreadable?.whole, { lengthBytes: bytes.length, sha256 });
  },
);

Deno.test("messageOfText() counts bytes, not characters", () => {
  assert.equal(messageOfText("é".repeat(frameBytesMax / 2)).unreadable, undefined);
  const { unreadable } = messageOfText("é".repeat(frameBytesMax / 2 + 1));
  assert.equal(unreadable?.whole?.lengthBytes, frameBytesMax + 2);
});
