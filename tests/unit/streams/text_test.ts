import assert from "node:assert/strict";
import { encodeText, isTextOf } from "../../../src/streams/text.ts";
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
