// A key in memory took 600 bytes and 330 for each of its windows, and all of them had to be looked
// through by the garbage collector.
import assert from "node:assert/strict";
import { PackedRows } from "../../../src/streams/state/packed_rows.ts";

function row(size: number, byte: number): Uint8Array {
  return new Uint8Array(size).fill(byte);
}

Deno.test("PackedRows gives a row once", () => {
  const rows = new PackedRows();
  const given = row(10, 1);
  rows.put("a", given);
  given.fill(2);
  rows.put("empty", row(0, 0));
  assert.ok(rows.has("a"));
  assert.deepEqual(rows.take("a"), row(10, 1), "a copy of what was put in");
  assert.deepEqual([rows.has("a"), rows.take("a")], [false, undefined]);
  assert.deepEqual(rows.take("empty"), row(0, 0));
  rows.put("a", row(3, 3));
  assert.deepEqual(rows.take("a"), row(3, 3));
});

Deno.test("PackedRows keeps rows of many chunks apart, and none that is larger than one", () => {
  const rows = new PackedRows();
  for (let i = 0; i < 100; i++) rows.put(`${i}`, row(10_000 + i, i));
  rows.put("large", row(1_000_000, 1));
  for (let i = 0; i < 100; i++) assert.deepEqual(rows.take(`${i}`), row(10_000 + i, i));
  assert.ok(!rows.has("large"));
});

Deno.test("PackedRows gives the place of a row to the next one of its key", () => {
  const rows = new PackedRows();
  rows.put("a", row(1_000, 1));
  rows.put("b", row(1_000, 2));
  for (let size = 990; size < 1_200; size++) {
    rows.take("a");
    rows.put("a", row(size, 3));
  }
  assert.deepEqual(rows.take("b"), row(1_000, 2));
  assert.deepEqual(rows.take("a"), row(1_199, 3));
  rows.trim(8_000);
  rows.put("c", row(10, 4));
  rows.trim(8_000);
  assert.ok(rows.has("c"), "no row has been let go, as less than half is in use");
});

Deno.test("PackedRows lets the older half go", () => {
  const rows = new PackedRows();
  rows.put("old", row(10_000, 1));
  rows.trim(15_000);
  rows.put("new", row(10_000, 2));
  rows.trim(15_000);
  assert.deepEqual([rows.has("old"), rows.has("new")], [false, true]);
  rows.trim(15_000);
  assert.ok(rows.has("new"), "nothing came in since");
});
