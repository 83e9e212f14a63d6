import assert from "node:assert/strict";
import { decodeKeyState, inlineMax, keyRowForm } from "../../../src/streams/state/key_row.ts";
import {
  decodePlainKeyRow,
  encodePlainKeyRow,
  type PlainKeyRow,
} from "../../support/plain_key_row.ts";
import { fc } from "../../support/properties.ts";

/** Times around the places where a number takes a byte more, and where integers become doubles. */
const numbers = fc.oneof(
  fc.maxSafeNat(),
  fc.integer({ min: 0, max: 52 }).chain((bits) =>
    fc.integer({ min: -1, max: 1 }).map((by) => Math.max(0, 2 ** bits + by))
  ),
);
const blocks = fc.uint8Array({ minLength: 1, maxLength: 40 });

const rows = fc.record({
  streamTimeMs: numbers,
  closedToMs: numbers,
  purgedToMs: fc.array(numbers, { minLength: 1, maxLength: 4 }),
  starts: fc.uniqueArray(numbers, { maxLength: 12 }).map((all) => all.sort((a, b) => a - b)),
  blocks: fc.array(blocks, { minLength: 20, maxLength: 20 }),
  gaps: fc.array(fc.boolean(), { minLength: 4, maxLength: 4 }),
}).map(({ blocks, gaps, starts, ...times }): PlainKeyRow => ({
  ...times,
  windows: starts.map((startMs, i) =>
    i < starts.length - inlineMax ? { startMs } : { startMs, content: blocks[i] as Uint8Array }
  ),
  closedParts: Array.from(
    { length: times.purgedToMs.length - 1 },
    (_, i) => gaps[i] === true ? undefined : { startMs: 0, content: blocks[12 + i] as Uint8Array },
  ),
}));

Deno.test("decodeKeyRow() reads what encodeKeyRow() wrote", () => {
  fc.assert(fc.property(rows, (row) => {
    const bytes = encodePlainKeyRow(row).slice();
    assert.deepEqual(decodePlainKeyRow(bytes), row);
    const openWindows = row.windows.map(({ startMs }) => startMs);
    assert.deepEqual(decodeKeyState(bytes).openWindows, openWindows);
  }));
});

Deno.test("decodeKeyRow() refuses a row that ends elsewhere", () => {
  fc.assert(
    fc.property(rows, (row) => {
      const bytes = encodePlainKeyRow(row).slice();
      for (let length = 0; length < bytes.length; length++) {
        const cut = () => decodePlainKeyRow(bytes.slice(0, length));
        assert.throws(cut, { code: "STATE_UNREADABLE" });
      }
      const longer = new Uint8Array([...bytes, 0]);
      assert.throws(() => decodePlainKeyRow(longer), { code: "STATE_UNREADABLE" });
    }),
    { numRuns: 10 },
  );
});

Deno.test("encodeKeyRow() takes windows of any size, and continues with small ones", () => {
  const times = { streamTimeMs: 1, closedToMs: 1, purgedToMs: [1] };
  for (const sizes of [[9, 9], [16_370, 5], [5, 16_384], [40_000, 100_000], [7, 7]]) {
    const windows = sizes.map((size, i) => ({
      startMs: i,
      content: new Uint8Array(size).fill(size & 0x7f),
    }));
    const row = { ...times, windows, closedParts: [] };
    assert.deepEqual(decodePlainKeyRow(encodePlainKeyRow(row).slice()), row);
  }
});

Deno.test("a row of sliding windows has the newest closed one behind the others", () => {
  const times = { streamTimeMs: 1, closedToMs: 1, purgedToMs: [1] };
  const form = keyRowForm({ sliding: true });
  for (const closed of [{ startMs: 0, content: new Uint8Array([7]) }, undefined]) {
    const windows = [{ startMs: 3, content: new Uint8Array([1]) }];
    const row = { ...times, windows, closedParts: [closed] };
    assert.deepEqual(decodePlainKeyRow(encodePlainKeyRow(row, form).slice(), form), row);
  }
});

Deno.test.each([
  { number: [0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0x10] },
  { number: new Array<number>(20).fill(0xff) },
])("decodeKeyRow() refuses $number as too large", ({ number }) => {
  const bytes = new Uint8Array([...number, 0, 0, 0]);
  assert.throws(() => decodePlainKeyRow(bytes), { code: "STATE_UNREADABLE" });
});
