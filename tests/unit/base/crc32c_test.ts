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
