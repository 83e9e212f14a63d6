// A key in memory took 600 bytes and 330 for each of its windows, and all of them had to be looked
// through by the garbage collector.
import assert from "node:assert/strict";
import { seededRandom } from "../../../src/base/random.ts";
import { PackedRows } from "../../../src/streams/state/packed_rows.ts";

function row(size: number, byte: number): Uint8Array {
  return new Uint8Array(size).fill(byte);
}

function read(rows: PackedRows, place: number | undefined): Uint8Array {
  const { bytes, begin, end } = rows.at(place as number);
  return bytes.slice(begin, end);
}

Deno.test("PackedRows keeps copies of rows apart, whatever is put and given back", () => {
  const random = seededRandom(1);
  const rows = new PackedRows();
  const kept = new Map<number, { readonly size: number; readonly byte: number }>();
  for (let i = 0; i < 20_000; i++) {
    const [oldest] = kept.keys();
    if (oldest !== undefined && kept.size > 1_000 * random.next()) {
      rows.giveBack(oldest);
      kept.delete(oldest);
    }
    const [size, byte] = [Math.floor(1_500 * random.next()), i % 256];
    const given = row(size, byte);
    const place = rows.put(given) as number;
    given.fill(byte + 1);
    assert.ok(!kept.has(place), "no row lies where another one is");
    kept.set(place, { size, byte });
  }
  for (const [place, { size, byte }] of kept) assert.deepEqual(read(rows, place), row(size, byte));
});

Deno.test("PackedRows takes rows of many chunks, and none that is larger than one", () => {
  const rows = new PackedRows();
  const places = Array.from({ length: 100 }, (_, i) => rows.put(row(10_000 + i, i)));
  assert.equal(rows.put(row(1_000_000, 1)), undefined);
  assert.equal(rows.put(row(256 * 1024 - 7, 1)), undefined);
  assert.deepEqual(read(rows, rows.put(row(256 * 1024 - 8, 1))), row(256 * 1024 - 8, 1));
  for (const [i, place] of places.entries()) {
    assert.deepEqual(read(rows, place), row(10_000 + i, i));
  }
  assert.deepEqual(read(rows, rows.put(row(0, 0))), row(0, 0));
});

Deno.test("PackedRows leaves no room of a chunk that its rows fill", () => {
  const rows = new PackedRows();
  for (let i = 0; i < 8; i++) rows.put(row(32 * 1024 - 8, i));
  assert.deepEqual([rows.bytes, rows.freeBytes], [256 * 1024, 0]);
});

Deno.test("PackedRows takes no more than its rows need while their sizes stay alike", () => {
  const rows = new PackedRows();
  const places = Array.from({ length: 1_000 }, () => rows.put(row(300, 1)) as number);
  const { bytes, freeBytes } = rows;
  for (let i = 0; i < 100_000; i++) {
    rows.giveBack(places[i % 1_000] as number);
    places[i % 1_000] = rows.put(row(290 + i % 10, 1)) as number;
  }
  assert.deepEqual([rows.bytes, rows.freeBytes], [bytes, freeBytes]);
  for (const place of places) rows.giveBack(place);
  assert.equal(rows.bytes, 0);
});
