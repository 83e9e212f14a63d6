import assert from "node:assert/strict";
import { RecordCursor } from "../../../src/kafka/read/record_cursor.ts";
import { fc } from "../../support/properties.ts";

/** Zigzag varint by the definition, with big integers. */
function encoded(value: number): Uint8Array {
  const big = BigInt(value);
  let rest = BigInt.asUintN(64, (big << 1n) ^ (big >> 63n));
  const bytes: number[] = [];
  while (rest >= 0x80n) {
    bytes.push(Number(rest & 0x7fn) | 0x80);
    rest >>= 7n;
  }
  return Uint8Array.from([...bytes, Number(rest)]);
}

Deno.test("RecordCursor.varint() reads every 32-bit integer", () => {
  fc.assert(fc.property(fc.integer(), (value) => {
    const bytes = encoded(value);
    const cursor = new RecordCursor(bytes);
    assert.deepEqual([cursor.varint(), cursor.at], [value, bytes.length]);
  }));
});

Deno.test("RecordCursor.varlong() reads every integer up to 2^52", () => {
  fc.assert(fc.property(fc.integer({ min: -(2 ** 52), max: 2 ** 52 }), (value) => {
    const bytes = encoded(value);
    const cursor = new RecordCursor(bytes);
    assert.deepEqual([cursor.varlong(), cursor.at], [value, bytes.length]);
  }));
});

Deno.test("RecordCursor.bytesLike() gives the former view itself for equal bytes", () => {
  const bytes = Uint8Array.of(4, 1, 2, 4, 1, 2, 4, 1, 3, 1);
  const cursor = new RecordCursor(bytes);
  const first = cursor.bytes();
  assert.equal(cursor.bytesLike(first), first);
  assert.deepEqual(cursor.bytesLike(first), Uint8Array.of(1, 3));
  assert.equal(cursor.bytesLike(first), null);
});

Deno.test("RecordCursor reads no number that is longer than an integer of its size can be", () => {
  const endless = (bytes: number) => new RecordCursor(new Uint8Array(bytes).fill(0x80).with(-1, 1));
  assert.throws(() => endless(6).varint(), /a number does not end/);
  assert.throws(() => endless(11).varlong(), /a number does not end/);
  assert.throws(() => new RecordCursor(new Uint8Array(20).fill(0xff)).varlong(), /not end/);
  assert.throws(() => new RecordCursor(Uint8Array.of(0x80)).varint(), /records end too early/);
});

Deno.test("RecordCursor.bytes() tells null from empty, and reads no more than there is", () => {
  assert.equal(new RecordCursor(Uint8Array.of(1)).bytes(), null);
  assert.deepEqual(new RecordCursor(Uint8Array.of(0)).bytes(), new Uint8Array());
  assert.deepEqual(new RecordCursor(Uint8Array.of(0)).bytesLike(null), new Uint8Array());
  assert.throws(() => new RecordCursor(Uint8Array.of(4, 1)).bytes(), /records end too early/);
});
