import assert from "node:assert/strict";
import { keyOf, keyStateKey } from "../../../src/streams/state/store_keys.ts";
import { decodeText, encodeText, isTextOf, textOf } from "../../../src/streams/text.ts";
import { fc } from "../../support/properties.ts";

Deno.test("isTextOf() is true for a text's own bytes and for no other's", () => {
  const text = fc.string({ unit: "grapheme", maxLength: 6 });
  fc.assert(fc.property(text, text, (a, b) => {
    assert.ok(isTextOf(encodeText(a), a));
    assert.equal(isTextOf(encodeText(a), b), a === b);
  }));
});

Deno.test("isTextOf() is false for bytes that are not UTF-8", () => {
  assert.ok(!isTextOf(new Uint8Array([0x41, 0xff]), "A\ufffd"));
});

// A key that began with a byte order mark was another one to the reader of the store's keys.
Deno.test("decodeText(), textOf() and keyOf() give back every text, its byte order mark included", () => {
  const mark = fc.constantFrom("", "\uFEFF", "\uFEFF\uFEFF");
  fc.assert(fc.property(mark, fc.string({ unit: "grapheme" }), (first, rest) => {
    const text = first + rest;
    assert.equal(decodeText(encodeText(text)), text);
    assert.equal(textOf(encodeText(text)), text);
    assert.equal(keyOf(keyStateKey(text)), text);
  }));
});

Deno.test("decodeText() knows no text for bytes that are not UTF-8", () => {
  assert.equal(decodeText(new Uint8Array([0x41, 0xff])), undefined);
  assert.throws(() => textOf(new Uint8Array([0x41, 0xff])), /must be UTF-8/);
});
