import assert from "node:assert/strict";
import { crc32c } from "../../../src/base/crc32c.ts";
import { encodeText } from "../../../src/streams/text.ts";

Deno.test("crc32c() gives the values of RFC 3720, appendix B.4", () => {
  assert.equal(crc32c(new Uint8Array(32)), 0x8a9136aa);
  assert.equal(crc32c(new Uint8Array(32).fill(0xff)), 0x62a8ab43);
  assert.equal(crc32c(Uint8Array.from({ length: 32 }, (_, i) => i)), 0x46dd794e);
  assert.equal(crc32c(Uint8Array.from({ length: 32 }, (_, i) => 31 - i)), 0x113fdb5c);
});

Deno.test("crc32c() does not depend on the length being a multiple of eight", () => {
  assert.equal(crc32c(encodeText("123456789")), 0xe3069283);
  assert.equal(crc32c(new Uint8Array(0)), 0);
});

Deno.test("crc32c() is what a bit by bit division gives, wherever the bytes lie", () => {
  const bytes = Uint8Array.from({ length: 40 }, (_, i) => i * 37);
  for (let from = 0; from < 9; from++) {
    for (let to = from; to <= bytes.length; to++) {
      const want = byBits(bytes.slice(from, to));
      assert.equal(crc32c(bytes, from, to), want);
      assert.equal(crc32c(bytes.subarray(from, to)), want);
    }
  }
});

function byBits(bytes: Uint8Array): number {
  let crc = 0xffffffff;
  for (const byte of bytes) {
    crc ^= byte;
    for (let bit = 0; bit < 8; bit++) crc = crc & 1 ? crc >>> 1 ^ 0x82f63b78 : crc >>> 1;
  }
  return ~crc >>> 0;
}
