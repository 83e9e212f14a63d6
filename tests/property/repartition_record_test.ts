/** What is sent on arrives as it was, in as few records as hold it; foreign bytes bring nothing. */
import assert from "node:assert/strict";
import { Buffer } from "node:buffer";
import type { LogRecord, OutputRecord } from "../../src/streams/record.ts";
import {
  arrivals,
  type ArrivedPart,
  arrivedParts,
  type Part,
  PartsWriter,
  progressOf,
  progressPart,
} from "../../src/streams/repartition_record.ts";
import { encodeText } from "../../src/streams/text.ts";
import { fc } from "../support/properties.ts";

const bytesOf = (max: number) => fc.uint8Array({ maxLength: max });
const offset = fc.nat({ max: 2 ** 51 });
const shared = [encodeText("AAPL"), encodeText("")];
const key = fc.oneof(bytesOf(20), fc.constantFrom(...shared, undefined));
const part: fc.Arbitrary<Part> = fc.record({
  value: fc.oneof(bytesOf(100), fc.constantFrom(new Uint8Array(60_000), new Uint8Array(300_000))),
  timestampMs: fc.nat({ max: 9_000_000_000_000 }),
  origin: fc.record({
    input: fc.nat({ max: 9 }),
    partition: fc.nat({ max: 100_000 }),
    offset,
    indexes: fc.uniqueArray(fc.nat({ max: 65_535 }), { maxLength: 5 })
      .map((indexes) => indexes.sort((a, b) => a - b)),
  }, { noNullPrototype: true }),
}, { noNullPrototype: true }).chain((part) =>
  fc.array(key, {
    minLength: part.origin.indexes.length,
    maxLength: part.origin.indexes.length,
  }).map((keys) => ({ ...part, keys }))
);

const anyPart: Part = {
  keys: shared.slice(0, 1),
  value: new Uint8Array(40),
  timestampMs: 1_700_000_000_000,
  origin: { input: 0, partition: 0, offset: 0, indexes: [0] },
};

function writtenTo(partition: number, parts: readonly Part[]): readonly OutputRecord[] {
  const writer = new PartsWriter("again");
  for (const part of parts) writer.add(partition, part);
  return writer.records();
}

function read(record: OutputRecord): LogRecord {
  return { headers: {}, ...record, partition: record.partition ?? -1, offset: 7 };
}

function arrived(records: readonly OutputRecord[]): ArrivedPart[] {
  return records.flatMap((record) => arrivedParts(read(record)) ?? []);
}

Deno.test("arrivedParts() gives what PartsWriter was given, in its order per partition", () => {
  fc.assert(fc.property(fc.array(fc.tuple(fc.nat({ max: 2 }), part), { maxLength: 30 }), (all) => {
    const writer = new PartsWriter("again");
    for (const [partition, part] of all) writer.add(partition, part);
    const got = arrived(writer.records());
    for (const partition of [0, 1, 2]) {
      const own = got.filter((part) => part.partition === partition);
      assert.deepEqual(
        own.map(({ keys, value, timestampMs, origin }) => ({ value, timestampMs, origin, keys })),
        all.filter(([target]) => target === partition).map(([, part]) => part),
      );
    }
    writer.clear();
    assert.deepEqual([writer.records(), writer.sizeBytes], [[], 0]);
  }));
});

Deno.test("arrivedParts() numbers the events of a record, each once", () => {
  fc.assert(fc.property(fc.array(part, { maxLength: 30 }), (parts) => {
    for (const record of writtenTo(0, parts)) {
      const places = arrived([record]).flatMap(({ firstIndex, origin }) =>
        origin.indexes.map((_, i) => firstIndex + i)
      );
      assert.deepEqual(places, [...places.keys()]);
    }
  }));
});

Deno.test("arrivedParts() survives any bytes, and brings nothing of those that end too early", () => {
  fc.assert(fc.property(fc.array(part, { maxLength: 5 }), bytesOf(40), (parts, foreign) => {
    arrivedParts({ ...read({ topic: "", timestampMs: 0, key: null, value: foreign }) });
    const [first] = writtenTo(0, parts);
    if (first?.value === undefined || first.value === null) return;
    const cut = first.value.slice(0, -1);
    const ends = arrivedParts(read({ ...first, value: cut }));
    assert.ok(ends === undefined || ends.length < arrived([first]).length);
  }));
});

Deno.test("PartsWriter fills records of 100 kB, one after the other", () => {
  const small = (offset: number) => ({ ...anyPart, origin: { ...anyPart.origin, offset } });
  const records = writtenTo(0, Array.from({ length: 10_000 }, (_, i) => small(i)));
  assert.ok(records.length <= 6, String(records.length));
  assert.ok(records.every(({ value }) => (value?.length ?? 0) <= 100_000));
  const none = { ...anyPart, value: new Uint8Array() };
  const recordsOf = (events: number) => writtenTo(0, Array(events).fill(none)).length;
  assert.deepEqual([10_000, 10_001].map(recordsOf), [1, 2], "events are numbered with few bits");
});

Deno.test("PartsWriter.records() gives each part once, whenever it is asked", () => {
  const writer = new PartsWriter("again");
  writer.add(0, anyPart);
  const [first] = writer.records();
  assert.deepEqual(writer.records(), [first]);
  writer.add(0, anyPart);
  assert.deepEqual(writer.records(), [first, first]);
  assert.equal(writer.sizeBytes, 2 * anyPart.value.length);
});

Deno.test("PartsWriter.clear() forgets what is in no record yet", () => {
  const writer = new PartsWriter("again");
  writer.add(0, anyPart);
  writer.clear();
  assert.deepEqual(writer.records(), []);
});

Deno.test("arrivals() takes some thousand parts apart at a time, and no record twice", () => {
  const [thousand] = writtenTo(0, Array(1_000).fill(anyPart));
  assert.ok(thousand !== undefined);
  const foreign = { ...read(thousand), value: null };
  const portionsOf = (records: readonly LogRecord[]) =>
    [...arrivals(records)].map((portion) => portion.map(({ parts }) => parts?.length));
  const [whole, both] = [read(thousand), [1_000, 1_000]];
  assert.deepEqual(portionsOf([whole, whole, whole, whole]), [both, both]);
  assert.deepEqual(portionsOf([foreign, whole, whole, whole]), [[undefined, ...both], [1_000]]);
  assert.deepEqual(portionsOf([]), []);
});

Deno.test("arrivedParts() brings nothing of what no PartsWriter wrote", () => {
  const [record] = writtenTo(0, [anyPart]);
  const value = record?.value ?? new Uint8Array();
  const whole = read({ topic: "again", timestampMs: 0, key: null, value });
  assert.equal(arrivedParts(whole)?.length, 1);
  for (
    const other of [
      { value: null },
      { unreadable: "no codec" },
      { value: Uint8Array.of(1, ...value.subarray(1)) },
      { value: value.subarray(0, 1) },
    ]
  ) {
    assert.equal(arrivedParts({ ...whole, ...other }), undefined);
  }
});

Deno.test("progressOf() reads what progressPart() wrote, and nothing else", () => {
  const place = { timestampMs: 1, partition: 2, offset: 3 };
  for (const progress of [{ timeMs: 0, behind: false }, { timeMs: 1e12, behind: true }]) {
    const { value, keys } = progressPart(progress, place);
    assert.deepEqual([progressOf(value), keys], [progress, []]);
    assert.equal(progressOf(value.subarray(1)), undefined);
    assert.equal(progressOf(Uint8Array.of(...value, 0)), undefined);
    assert.equal(progressOf(Uint8Array.of(...value.subarray(0, 8), 2)), undefined);
  }
  const { value } = progressPart({ timeMs: Infinity, behind: true }, place);
  assert.equal(progressOf(value), undefined);
});

Deno.test("PartsWriter writes these bytes", () => {
  const a = encodeText("A");
  const [record] = writtenTo(3, [
    {
      keys: [a, undefined, encodeText("BC")],
      value: Uint8Array.of(0xff),
      timestampMs: 100,
      origin: { input: 0, partition: 2, offset: 300, indexes: [0, 1, 4] },
    },
    {
      keys: [encodeText("D")],
      value: Uint8Array.of(),
      timestampMs: 99,
      origin: { input: 0, partition: 2, offset: 301, indexes: [7] },
    },
    {
      keys: [a],
      value: Uint8Array.of(),
      timestampMs: 99,
      origin: { input: 0, partition: 0, offset: 0, indexes: [0] },
    },
  ]);
  assert.deepEqual({ ...record, value: Buffer.from(record?.value ?? "").toString("hex") }, {
    topic: "again",
    partition: 3,
    timestampMs: 100,
    key: null,
    value: [
      ["02", "format"],
      ["c801", "received at 100, zigzag 200"],
      ["02", "from partition 2"],
      ["d804", "from offset 300, zigzag 600"],
      ["03", "three events"],
      ["00 01 01 41", "0, of a first key: A"],
      ["00 00", "1, of another partition"],
      ["02 02 02 4243", "4, with two left out before it, of a second key: BC"],
      ["01 ff", "value"],
      ["01", "received 1 ms earlier, zigzag 1"],
      ["02", "from partition 2"],
      ["02", "from the next offset, zigzag 2"],
      ["01", "one event"],
      ["07 03 01 44", "7, of a third key: D"],
      ["00", "value of no bytes"],
      ["00", "received at the same time"],
      ["00", "from partition 0"],
      ["d904", "from offset 0, zigzag of -301"],
      ["01", "one event"],
      ["00 01", "0, of the first key"],
      ["00", "value of no bytes"],
    ].map(([hex]) => hex).join("").replaceAll(" ", ""),
  });
});
