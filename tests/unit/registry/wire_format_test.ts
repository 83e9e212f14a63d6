import assert from "node:assert/strict";
import { frameSchemaId, schemaIdOf, writeFrameHeader } from "../../../src/registry/wire_format.ts";

const ids: readonly (readonly [number, string])[] = [
  [0, "0000000000"],
  [7, "0000000007"],
  [0x01020304, "0001020304"],
  [2 ** 31 - 1, "007fffffff"],
];

for (const [id, hex] of ids) {
  Deno.test(`writeFrameHeader() writes schema id ${id} as ${hex}, and frameSchemaId() reads it`, () => {
    const bytes = new Uint8Array(6).fill(0xff);
    writeFrameHeader(bytes, id);
    assert.equal(bytes.toHex(), `${hex}ff`);
    assert.equal(frameSchemaId(bytes), id);
  });
}

Deno.test("schemaIdOf() reads an id in the middle of a larger buffer", () => {
  const bytes = Uint8Array.fromHex("aaaa000000000704");
  assert.equal(schemaIdOf(bytes.subarray(2)), 7);
});

const unframed: readonly (readonly [string, string])[] = [
  ["", "no bytes"],
  ["00000000", "a header cut short"],
  ["0100000007", "another magic byte"],
  ["7b22646174", "JSON"],
  ["0080000000", "a negative id"],
];

for (const [hex, what] of unframed) {
  Deno.test(`schemaIdOf() raises RECORD_MALFORMED for ${what}`, () => {
    const bytes = Uint8Array.fromHex(hex);
    assert.equal(frameSchemaId(bytes), undefined);
    assert.throws(() => schemaIdOf(bytes), { code: "RECORD_MALFORMED" });
  });
}

Deno.test("writeFrameHeader() refuses ids that are not 32-bit", () => {
  for (const id of [-1, 2 ** 31, 1.5, NaN]) {
    assert.throws(() => writeFrameHeader(new Uint8Array(5), id), { name: "InvariantError" });
  }
});
