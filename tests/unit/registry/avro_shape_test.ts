import assert from "node:assert/strict";
import avro from "avsc";
import { shapeCheck } from "../../../src/registry/avro_shape.ts";

interface Example {
  readonly schema: avro.schema.AvroSchema | readonly string[] | object;
  readonly hex: string;
  readonly why: string;
}

function check({ schema, hex }: Example): void {
  shapeCheck(avro.Type.forSchema(schema as avro.schema.AvroSchema))(Uint8Array.fromHex(hex), 0);
}

const longs = { type: "array", items: "long" };
const tree = {
  type: "record",
  name: "Tree",
  fields: [{ name: "children", type: { type: "array", items: "Tree" } }],
};

const whole: Example[] = [
  { schema: "null", hex: "", why: "null is no byte" },
  { schema: "boolean", hex: "01", why: "true" },
  { schema: "long", hex: "ffffffffffffffffff01", why: "the least 64-bit number" },
  { schema: "float", hex: "00000000", why: "four bytes" },
  { schema: "double", hex: "0000000000000000", why: "eight bytes" },
  { schema: "bytes", hex: "04fffe", why: "any bytes" },
  { schema: "string", hex: "04c3a9", why: "UTF-8 of two bytes" },
  { schema: ["null", "string"], hex: "0200", why: "an empty text in the second branch" },
  { schema: { type: "enum", name: "E", symbols: ["A", "B"] }, hex: "02", why: "second symbol" },
  { schema: { type: "fixed", name: "F", size: 3 }, hex: "010203", why: "three bytes" },
  { schema: { type: "map", values: "long" }, hex: "0202610200", why: "one entry" },
  { schema: longs, hex: "04020400", why: "a block of two items, and the end" },
  { schema: longs, hex: "0202020400", why: "two blocks of one item" },
  { schema: longs, hex: "0304020400", why: "a block with its size in bytes" },
  { schema: tree, hex: "040002000000", why: "a type that contains itself" },
];

const broken: Example[] = [
  { schema: "null", hex: "00", why: "more bytes than the value" },
  { schema: "boolean", hex: "02", why: "neither true nor false" },
  { schema: "boolean", hex: "", why: "no byte" },
  { schema: "long", hex: "80", why: "a number cut short" },
  { schema: "long", hex: "8080808080808080808000", why: "a number of eleven bytes" },
  { schema: "double", hex: "00000000000000", why: "a double of seven bytes" },
  { schema: "string", hex: "0461", why: "a text cut short" },
  { schema: "string", hex: "01", why: "a negative length" },
  { schema: "string", hex: "04c328", why: "a text that is not UTF-8" },
  { schema: ["null", "string"], hex: "04", why: "a branch that does not exist" },
  { schema: ["null", "string"], hex: "01", why: "a negative branch" },
  { schema: { type: "enum", name: "E", symbols: ["A", "B"] }, hex: "04", why: "no such symbol" },
  { schema: longs, hex: "feffffffffff7f", why: "billions of items in no bytes" },
  { schema: longs, hex: "0302020400", why: "a block that is longer than its size" },
  { schema: longs, hex: "02", why: "a block without items" },
  { schema: { type: "array", items: "null" }, hex: "0400", why: "more nulls than bytes" },
  { schema: { type: "map", values: "long" }, hex: "fe010261", why: "more entries than bytes" },
];

/** Blocks of which each claims an item for every byte left: 80 kB took half a second. */
function claims(blocks: number): string {
  let hex = "";
  for (let bytesLeft = 3 * (blocks - 1) + 1; bytesLeft > 0; bytesLeft -= 3) {
    const count = 2 * bytesLeft; // zigzag, in three bytes
    hex += Uint8Array.of(count & 0x7f | 0x80, count >> 7 & 0x7f | 0x80, count >> 14).toHex();
  }
  return `${hex}00`;
}

const nothing = { type: "record", name: "Nothing", fields: [] };
const list = { type: "record", name: "L", fields: [{ name: "n", type: ["null", "L"] }] };
const endless = { type: "record", name: "Endless", fields: [{ name: "n", type: "Endless" }] };

broken.push(
  { schema: { type: "array", items: "null" }, hex: claims(5_000), why: "a billion nulls" },
  {
    schema: { type: "array", items: nothing },
    hex: claims(5_000),
    why: "a billion empty records",
  },
  { schema: list, hex: `${"02".repeat(1_000_000)}00`, why: "a list of a million records" },
  { schema: endless, hex: "", why: "a record without end" },
);
whole.push({ schema: list, hex: `${"02".repeat(60)}00`, why: "a list of sixty records" });

for (const example of whole) {
  Deno.test(`shapeCheck() accepts ${example.hex.slice(0, 40) || "no bytes"}: ${example.why}`, () => {
    check(example);
  });
}

for (const example of broken) {
  Deno.test(`shapeCheck() refuses ${example.hex.slice(0, 40) || "no bytes"}: ${example.why}`, () => {
    assert.throws(() => check(example), /byte/);
  });
}

Deno.test("shapeCheck() starts where it is told", () => {
  const check = shapeCheck(avro.Type.forSchema("boolean"));
  check(Uint8Array.fromHex("ffff01"), 2);
  assert.throws(() => check(Uint8Array.fromHex("ffff01"), 1), /boolean/);
});
