import assert from "node:assert/strict";
import { Buffer } from "node:buffer";
import {
  decodeKeyRow,
  decodeKeyState,
  encodeKeyRow,
  inlineMax,
  keyRowForm,
  RowWriter,
  wholeRow,
} from "../../../src/streams/state/key_row.ts";
import { textOf } from "../../../src/streams/text.ts";
import { TopologyTestDriver } from "../../../src/streams/testing/mod.ts";
import { startMs } from "../../support/counting_driver.ts";
import { countingTopology, measurementRecord } from "../../support/counting_topology.ts";
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

/** Where the windows of a row are. */
const places = {
  window: (startMs: number, from: number, to: number) => ({ startMs, from, to }),
  part: (_index: number, startMs: number, from: number, to: number) => ({ startMs, from, to }),
};

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
      // Other rows may lie behind it.
      for (let end = 0; end < bytes.length; end++) {
        const cut = () => decodeKeyRow({ bytes, begin: 0, end }, keyRowForm({}), places);
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

Deno.test("encodeKeyRow() copies what did not change from the row before, where it is still asked for", () => {
  const form = keyRowForm({ sessions: true });
  const windows = fc.array(
    fc.record({
      size: fc.constantFrom(1, 127, 128, 5_000),
      fate: fc.constantFrom("same", "changed", "gone"),
    }),
    { maxLength: 12 },
  );
  fc.assert(fc.property(windows, (windows) => {
    const before = {
      ...{ streamTimeMs: 1, closedToMs: 1, purgedToMs: [1], closedParts: [] },
      windows: windows.map(({ size }, i) => ({
        startMs: i,
        content: new Uint8Array(size).fill(i),
      })),
    };
    const bytes = encodePlainKeyRow(before, form).slice();
    const { windows: kept, ...row } = decodeKeyRow(wholeRow(bytes), form, places);
    const isLeft = (_: unknown, i: number) => windows[i]?.fate !== "gone";
    const after = encodeKeyRow({ ...row, windows: kept.filter(isLeft) }, form, (window, writer) => {
      const { startMs, from, to } = window;
      if (windows[startMs]?.fate === "same") writer.copied(bytes, from, to);
      else writer.block(bytes.subarray(from, to));
    });
    const wanted = { ...before, windows: before.windows.filter(isLeft) };
    assert.deepEqual(decodePlainKeyRow(after.slice(), form), wanted);
  }));
});

Deno.test("RowWriter makes room, and keeps what it had", () => {
  const contents = [9, 16_380, 5, 40_000, 100_000].map((size, i) => new Uint8Array(size).fill(i));
  const [writer, copying] = [new RowWriter(), new RowWriter()];
  for (const each of [writer, copying]) each.number(1); // as a time, with which each row begins
  const spans = contents.map((content) => {
    const length = writer.block(content);
    return { from: writer.at - length, to: writer.at };
  });
  const row = writer.finish().slice();
  for (const [i, { from, to }] of spans.entries()) {
    assert.ok(Buffer.compare(row.subarray(from, to), contents[i] as Uint8Array) === 0);
    copying.copied(row, from, to);
  }
  assert.ok(Buffer.compare(copying.finish(), row) === 0);
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

Deno.test("a key with more open windows than its row holds continues after a restart", async () => {
  await using driver = await TopologyTestDriver.start(countingTopology({ graceMs: 600_000 }), {
    startMs,
  });
  const count = inlineMax + 2;
  const at = (timeMs: number) => measurementRecord([{ key: "a", timeMs, value: 1 }], timeMs);
  const events = Array.from({ length: count }, (_, i) => at(startMs + i * 10_000));
  await driver.pipe(...events);
  await driver.commit();
  const tags = () =>
    driver.changelog.map(({ key }) => textOf((key ?? new Uint8Array()).subarray(0, 1)));
  assert.equal(tags().join(""), "mwwkm");
  await driver.stop();
  await driver.restart();
  await driver.pipe(at(startMs + count * 10_000));
  await driver.commit();
  assert.equal(tags().slice(5).join(""), "wkm", "the next window that leaves the row");
  assert.equal((await driver.windows("a")).length, count + 1);
});
