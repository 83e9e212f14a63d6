import assert from "node:assert/strict";
import { crc32c } from "../../../src/base/crc32c.ts";
import { isWholeTable } from "../../../src/level/table_check.ts";
import { encodeText } from "../../../src/streams/text.ts";

Deno.test("crc32c() gives the published check values", () => {
  assert.equal(crc32c(encodeText("123456789"), 0, 9), 0xe3069283);
  assert.equal(crc32c(new Uint8Array(32), 0, 32), 0x8a9136aa);
  assert.equal(crc32c(new Uint8Array(40).fill(0xff), 8, 40), 0x62a8ab43);
});

/** A block with its type and masked checksum behind it. */
function sealed(block: readonly number[], type = 0): number[] {
  const bytes = Uint8Array.from([...block, type]);
  const crc = crc32c(bytes, 0, bytes.length);
  const masked = ((crc >>> 15 | crc << 17) >>> 0) + 0xa282ead8;
  return [...bytes, masked, masked >>> 8, masked >>> 16, masked >>> 24].map((b) => b & 0xff);
}

/** Entries of one-letter keys with handles, and one restart point. */
function entries(handles: readonly (readonly [number, number])[]): number[] {
  const items = handles.flatMap((handle) => {
    const bytes = handle.flatMap(varint);
    return [0, 1, bytes.length, 0x61, ...bytes];
  });
  return [...items, 0, 0, 0, 0, 1, 0, 0, 0];
}

/** A number below 16,384. */
function varint(number: number): number[] {
  return number < 128 ? [number] : [number & 0x7f | 0x80, number >> 7];
}

/** Two data blocks, a filter, the metaindex, the index, the footer. */
function table(indexType = 0): Uint8Array {
  const filter = new Array<number>(128).fill(8);
  const parts = [sealed([1, 2, 3]), sealed([4, 5, 6, 7]), sealed(filter)];
  const handles = [[0, 3], [8, 4], [17, 128]] as const;
  const metaindex = entries([handles[2]]);
  const index = entries([handles[0], handles[1]]);
  const at = 17 + 128 + 5;
  const lists = [at, metaindex.length, at + metaindex.length + 5, index.length].flatMap(varint);
  const padding = new Array<number>(40 - lists.length).fill(0);
  const magic = [0x57, 0xfb, 0x80, 0x8b, 0x24, 0x75, 0x47, 0xdb];
  return Uint8Array.from([
    ...parts.flat(),
    ...sealed(metaindex),
    ...sealed(index, indexType),
    ...lists,
    ...padding,
    ...magic,
  ]);
}

Deno.test("isWholeTable() accepts a whole table and notices every flipped bit but those of the padding", () => {
  const whole = table();
  assert.ok(isWholeTable(whole));
  const paddingFrom = whole.length - 48 + 5; // the last handle may go on with zeros
  for (let at = 0; at < whole.length; at++) {
    if (at >= paddingFrom && at < whole.length - 8) continue;
    for (let bit = 0; bit < 8; bit++) {
      const damaged = whole.slice();
      damaged[at] = (damaged[at] ?? 0) ^ 1 << bit;
      assert.ok(!isWholeTable(damaged), `bit ${bit} of byte ${at}`);
    }
  }
});

Deno.test("isWholeTable() refuses an index that is compressed", () => {
  assert.ok(!isWholeTable(table(1)));
});

Deno.test("isWholeTable() refuses every cut of a table", () => {
  const whole = table();
  for (let length = 0; length < whole.length; length++) {
    assert.ok(!isWholeTable(whole.subarray(0, length)), `${length} bytes`);
    assert.ok(!isWholeTable(whole.slice(length + 1)), `without ${length + 1} bytes`);
  }
});
