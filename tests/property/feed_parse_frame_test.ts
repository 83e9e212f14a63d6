import assert from "node:assert/strict";
import { parseFrame } from "../../src/feed/parse_frame.ts";
import { shiftTimes } from "../../src/feed/shift_times.ts";
import { entryArbitrary, entryTrade, frameText } from "../support/frame_arbitraries.ts";
import { fc } from "../support/properties.ts";

const kinds = ["trades", "ping", "error", "malformed"];

Deno.test("parseFrame() judges any text and any JSON without throwing", () => {
  const texts = fc.oneof(fc.string({ unit: "binary" }), fc.json());
  fc.assert(fc.property(texts, (text) => assert(kinds.includes(parseFrame(text).kind))));
});

Deno.test("parseFrame() accounts for every entry of data, whatever it is", () => {
  fc.assert(fc.property(fc.array(fc.oneof(fc.jsonValue(), entryArbitrary)), (data) => {
    const parsed = parseFrame(JSON.stringify({ data, type: "trade" }));
    assert(parsed.kind === "trades");
    assert.equal(parsed.trades.length + parsed.faults.length, data.length);
  }));
});

Deno.test("parseFrame() gives back every legal frame", () => {
  fc.assert(fc.property(fc.array(entryArbitrary), (entries) => {
    const want = { kind: "trades", trades: entries.map(entryTrade), faults: [] };
    assert.deepEqual(parseFrame(frameText(entries)), want);
  }));
});

Deno.test("parseFrame() survives any damage to a legal frame", () => {
  const damage = fc.record({ at: fc.nat(500), drop: fc.nat(5), add: fc.string({ maxLength: 5 }) });
  fc.assert(fc.property(fc.array(entryArbitrary), damage, (entries, { at, drop, add }) => {
    const text = frameText(entries);
    const damaged = text.slice(0, at) + add + text.slice(at + drop);
    assert(kinds.includes(parseFrame(damaged).kind));
  }));
});

Deno.test("shiftTimes() there and back again changes nothing", () => {
  const shifts = fc.integer({ min: -1e9, max: 1e12 });
  fc.assert(fc.property(fc.array(entryArbitrary), shifts, (entries, shiftMs) => {
    const text = frameText(entries);
    assert.equal(shiftTimes(shiftTimes(text, shiftMs), -shiftMs), text);
  }));
});
