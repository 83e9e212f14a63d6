import assert from "node:assert/strict";
import { seededRandom } from "../../../src/base/random.ts";
import { RowChecksums } from "../../../src/level/row_checksums.ts";
import { encodeText } from "../../../src/streams/text.ts";

Deno.test("RowChecksums knows what a Map knows, over growth, replacing and removing", () => {
  const random = seededRandom(7);
  const table = new RowChecksums();
  const map = new Map<string, number>();
  for (let step = 0; step < 60_000; step++) {
    const name = `key-${Math.floor(random.next() * 5_000)}`;
    const checksum = Math.floor(random.next() * 2 ** 32);
    if (random.next() < 0.4) {
      table.delete(encodeText(name));
      map.delete(name);
    } else {
      assert.ok(table.set(encodeText(name), checksum));
      map.set(name, checksum);
    }
  }
  for (let i = 0; i < 5_000; i++) {
    assert.equal(table.get(encodeText(`key-${i}`)), map.get(`key-${i}`), `key-${i}`);
  }
});

Deno.test("RowChecksums says so when a row finds no room", () => {
  const table = new RowChecksums({ slotsMax: 1024 });
  let roomFor = 0;
  while (table.set(encodeText(`key-${roomFor}`), roomFor)) roomFor += 1;
  assert.equal(roomFor, 768);
  assert.equal(table.get(encodeText("key-5")), 5);
  assert.equal(table.get(encodeText("key-768")), undefined);
  table.delete(encodeText("key-5"));
  assert.ok(table.set(encodeText("key-768"), 768));
  assert.ok(!table.set(encodeText("key-769"), 769));
});

Deno.test("RowChecksums has no more slots than its most, however many rows are expected", () => {
  const table = new RowChecksums({ slotsMax: 4, rows: 1_000 });
  assert.deepEqual(["a", "b", "c", "d"].map((key) => table.set(encodeText(key), 1)), [
    ...[true, true, true],
    false,
  ]);
});

Deno.test.each([
  { what: "share the first half", keys: ["k17pxz194279a", "118ae3a16a628l"].map(encodeText) },
  { what: "have a zero there", keys: [Uint8Array.of(0xcc, 0x24, 0x31, 0xc4)] },
])("RowChecksums knows keys whose fingerprints $what", ({ keys }) => {
  const table = new RowChecksums();
  for (const [i, key] of keys.entries()) table.set(key, i);
  assert.deepEqual(keys.map((key) => table.get(key)), [...keys.keys()]);
});

Deno.test("RowChecksums tells hundreds of thousands of like keys apart", () => {
  const table = new RowChecksums();
  const key = (i: number) => encodeText(`wBINANCE:SYM${i % 500}USDT\0${Math.floor(i / 500)}`);
  for (let i = 0; i < 300_000; i++) table.set(key(i), i);
  for (let i = 0; i < 300_000; i++) assert.equal(table.get(key(i)), i);
});
