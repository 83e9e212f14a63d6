import assert from "node:assert/strict";
import { Buffer } from "node:buffer";
import fc from "fast-check";
import {
  keyOf,
  keyStateKey,
  windowKey,
  windowRange,
  windowStartOf,
} from "../../../src/streams/store_keys.ts";

const startMs = fc.integer({ min: 0, max: 2 ** 45 });
const text = fc.string({ unit: "grapheme", maxLength: 8 });

Deno.test("windowKey() has the documented bytes", () => {
  const bytes = Buffer.from(windowKey("a\0b", 1_381_132_800_000)).toString("hex");
  assert.equal(bytes, "77" + "6100ff62" + "00" + "0000014191ee1000");
});

Deno.test("windowKey() sorts a key's windows by start", () => {
  fc.assert(fc.property(text, startMs, startMs, (key, a, b) => {
    const order = Buffer.compare(windowKey(key, a), windowKey(key, b));
    assert.equal(order, Math.sign(a - b));
  }));
});

Deno.test("windowRange() holds no other key's window", () => {
  fc.assert(fc.property(text, text, startMs, (key, other, start) => {
    fc.pre(key !== other);
    const { gte, lt } = windowRange(key, 0, 2 ** 46);
    const bytes = windowKey(other, start);
    assert.ok(Buffer.compare(bytes, gte) < 0 || Buffer.compare(bytes, lt) >= 0);
  }));
});

Deno.test("windowStartOf() and keyOf() undo the keys", () => {
  fc.assert(fc.property(text, startMs, (key, start) => {
    assert.equal(windowStartOf(windowKey(key, start)), start);
    assert.equal(keyOf(keyStateKey(key)), key);
  }));
});
