import assert from "node:assert/strict";
import { Buffer } from "node:buffer";
import type { KeyRange } from "../../../src/streams/ports.ts";
import {
  allKeyStates,
  allRollUps,
  allRows,
  allWindows,
  keyOf,
  keyStateKey,
  keyValueKey,
  metaKey,
  ownerOf,
  rollUpKey,
  rowRange,
  timedValueOf,
  timedValuesOf,
  windowKey,
  windowOf,
  windowStartOf,
} from "../../../src/streams/state/store_keys.ts";
import { fc } from "../../support/properties.ts";

const startMs = fc.integer({ min: 0, max: 2 ** 45 });
const text = fc.string({ unit: "grapheme", maxLength: 8 });

Deno.test("windowKey() has the documented bytes", () => {
  const bytes = Buffer.from(windowKey("a\0b", 1_381_132_800_000)).toString("hex");
  assert.equal(bytes, "77" + "6100ff62" + "00" + "0000014191ee1000");
});

Deno.test("rollUpKey() has the documented bytes", () => {
  const bytes = Buffer.from(rollUpKey("a\0b", 60_000, 1_381_132_800_000)).toString("hex");
  assert.equal(bytes, "72" + "6100ff62" + "00" + "000000000000ea60" + "0000014191ee1000");
});

Deno.test("rowRange() of a size holds neither another length's window nor another key's", () => {
  const size = fc.constantFrom(15_000, 60_000, 86_400_000);
  fc.assert(fc.property(text, text, size, size, startMs, (key, other, sizeMs, otherMs, start) => {
    const { gte, lt } = rowRange(key, sizeMs, 0, 2 ** 46);
    const bytes = rollUpKey(other, otherMs, start);
    const inside = Buffer.compare(bytes, gte) >= 0 && Buffer.compare(bytes, lt) < 0;
    assert.equal(inside, key === other && sizeMs === otherMs);
  }));
});

Deno.test("windowKey() sorts a key's windows by start", () => {
  fc.assert(fc.property(text, startMs, startMs, (key, a, b) => {
    const order = Buffer.compare(windowKey(key, a), windowKey(key, b));
    assert.equal(order, Math.sign(a - b));
  }));
});

Deno.test("rowRange() holds no other key's window", () => {
  fc.assert(fc.property(text, text, startMs, (key, other, start) => {
    fc.pre(key !== other);
    const { gte, lt } = rowRange(key, undefined, 0, 2 ** 46);
    const bytes = windowKey(other, start);
    assert.ok(Buffer.compare(bytes, gte) < 0 || Buffer.compare(bytes, lt) >= 0);
  }));
});

Deno.test("windowOf() says what the key of a window stands for, and no other", () => {
  const zeros = fc.array(fc.constantFrom("\0", "a", "é"), { maxLength: 4 }).map((all) =>
    all.join("")
  );
  fc.assert(fc.property(fc.oneof(text, zeros), startMs, (key, startMs) => {
    assert.deepEqual(windowOf(windowKey(key, startMs)), { key, startMs, sizeMs: undefined });
    const sizeMs = 86_400_000;
    assert.deepEqual(windowOf(rollUpKey(key, sizeMs, startMs)), { key, startMs, sizeMs });
    assert.equal(windowOf(keyStateKey(key)), undefined);
  }));
});

Deno.test("the ranges of a store's rows hold those of their kind", () => {
  const kinds = { k: keyStateKey("a"), w: windowKey("a", 1), r: rollUpKey("a", 60_000, 1) };
  const inside = ({ gte, lt }: KeyRange, row: Uint8Array) =>
    Buffer.compare(row, gte) >= 0 && Buffer.compare(row, lt) < 0;
  const kindsIn = (range: KeyRange) =>
    Object.entries(kinds).filter(([, row]) => inside(range, row)).map(([kind]) => kind).join("");
  const ranges = [allKeyStates, allWindows, allRollUps, allRows];
  assert.deepEqual(ranges.map(kindsIn), ["k", "w", "r", "kwr"]);
});

Deno.test("windowStartOf() and keyOf() undo the keys", () => {
  fc.assert(fc.property(text, startMs, (key, start) => {
    assert.equal(windowStartOf(windowKey(key, start)), start);
    assert.equal(windowStartOf(rollUpKey(key, 60_000, start)), start);
    assert.equal(keyOf(keyStateKey(key)), key);
  }));
});

Deno.test("ownerOf() gives the key that a row belongs to", () => {
  const any = fc.oneof(text, fc.constantFrom("", "\0", "a\0", "\0b", "a\0\0b"));
  fc.assert(fc.property(any, startMs, (key, start) => {
    for (const row of [keyStateKey(key), windowKey(key, start), rollUpKey(key, 60_000, start)]) {
      assert.equal(new TextDecoder().decode(ownerOf(row)), key);
    }
  }));
  assert.equal(ownerOf(metaKey), undefined);
});

Deno.test("keyValueKey() has a time in a store's range, and its key and time come back", () => {
  const compare = (a: Uint8Array, b: Uint8Array) => Buffer.compare(a, b);
  fc.assert(fc.property(fc.string(), fc.nat(), (key, atMs) => {
    const row = keyValueKey("remarks", key, atMs);
    assert.deepEqual(timedValueOf(row), { key: new TextDecoder().decode(ownerOf(row)), atMs });
    assert.deepEqual(ownerOf(row), new TextEncoder().encode(key));
    const { gte, lt } = timedValuesOf("remarks");
    assert.ok(compare(gte as Uint8Array, row) < 0 && compare(row, lt as Uint8Array) < 0);
    assert.ok(compare(keyValueKey("remarks.seen", key, atMs), lt as Uint8Array) > 0);
    assert.deepEqual(ownerOf(keyValueKey("remarks", key)), new TextEncoder().encode(key));
  }));
});

Deno.test.each(["", "a", "\x7f", "\x80", "a\0é", "\u{1f600}"])(
  "keyOf() gives the key back whose row keyStateKey() names: %j",
  (key) => {
    assert.equal(keyOf(keyStateKey(key)), key);
  },
);
