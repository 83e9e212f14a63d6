import assert from "node:assert/strict";
import { Buffer } from "node:buffer";
import { decodeBatch, readBatchHeader } from "../../../src/kafka/read/batch_decoder.ts";
import { encodeBatch } from "../../../src/kafka/write/batch_encoder.ts";
import type { LogRecord, OutputRecord } from "../../../src/streams/record.ts";
import { decodeText, encodeText } from "../../../src/streams/text.ts";
import { batchLayout } from "../../../src/kafka/wire/batch_layout.ts";
import { compressed, type ForeignCodec } from "../../support/foreign_codecs.ts";
import { javaBatches, javaValue } from "../../support/java_batches.ts";
import { packed, repacked, sealed } from "../../support/packed_batches.ts";
import { fc } from "../../support/properties.ts";

const options = {
  producerId: 77,
  producerEpoch: 3,
  baseSequence: 5,
  transactional: true,
  compression: "none",
} as const;

function decodeAll(batch: Buffer, fromOffset = 0): LogRecord[] {
  const header = readBatchHeader(batch, 0);
  assert.ok(header !== undefined);
  const records: LogRecord[] = [];
  decodeBatch(batch, header, { topic: "t", partition: 1, fromOffset }, records);
  return records;
}

function record(fields: Partial<OutputRecord> = {}): OutputRecord {
  return { topic: "t", timestampMs: 1_700_000_000_000, key: null, value: null, ...fields };
}

const bytes = fc.uint8Array({ maxLength: 40 });
const anyRecord = fc.record({
  topic: fc.constant("t"),
  timestampMs: fc.integer({ min: 0, max: 2 ** 44 }),
  key: fc.option(bytes),
  value: fc.option(bytes),
  headers: fc.dictionary(fc.string({ maxLength: 8, unit: "grapheme" }), bytes, {
    maxKeys: 4,
    noNullPrototype: true,
  }),
});

for (const compression of ["none", "gzip", "zstd"] as const) {
  Deno.test(`encodeBatch() and decodeBatch() round-trip any records with ${compression}`, () => {
    fc.assert(
      fc.property(fc.array(anyRecord, { minLength: 1, maxLength: 20 }), (records) => {
        const decoded = decodeAll(encodeBatch(records, { ...options, compression }));
        const expected = records.map((one, offset) => ({ ...one, partition: 1, offset }));
        assert.deepEqual(decoded, expected);
      }),
      { numRuns: 60 },
    );
  });
}

Deno.test("encodeBatch() writes the bytes of message format 2", () => {
  const batch = encodeBatch([
    record({ key: encodeText("k"), value: encodeText("v"), headers: { h: encodeText("x") } }),
    record({ timestampMs: 1_700_000_000_300 }),
  ], options);
  assert.equal(
    batch.toString("hex"),
    "0000000000000000" + "00000046" + "ffffffff" + "02" + "8e94887f" +
      "0010" + "00000001" + "0000018bcfe56800" + "0000018bcfe5692c" + "000000000000004d" +
      "0003" + "00000005" + "00000002" +
      "18" + "00" + "00" + "00" + "026b" + "0276" + "02" + "0268" + "0278" +
      "0e" + "00" + "d804" + "02" + "01" + "01" + "00",
  );
});

Deno.test("decodeBatch() skips records before the wanted offset", () => {
  const batch = encodeBatch(
    [0, 1, 2, 3].map((i) => record({ value: encodeText(`${i}`) })),
    options,
  );
  assert.deepEqual(decodeAll(batch, 2).map(({ offset }) => offset), [2, 3]);
});

for (const codec of ["snappy", "lz4"] as const) {
  Deno.test(`decodeBatch() reads what Kafka's own client packs with ${codec}`, () => {
    const decoded = decodeAll(javaBatches[codec]());
    assert.deepEqual(
      decoded.map(({ offset, timestampMs, key, value }) => [
        offset,
        timestampMs - 1_700_000_000_000,
        key && decodeText(key),
        value && decodeText(value),
      ]),
      Array.from({ length: 20 }, (_, i) => [i, i, `key${i % 3}`, javaValue(i)]),
    );
  });
}

const nulls = new Array<null>(200_001).fill(null);
const small = () => encodeBatch([0, 1].map((i) => record({ timestampMs: 7 + i })), options);

for (
  const [what, batch, why] of [
    ["a codec that is not known", () => withAttributes(small(), 0x17), /compression 7/],
    ["records that are not packed", () => withAttributes(small(), 0x14), /cannot be unpacked/],
    ["more records than it holds", () => withCount(small(), 3), /3 records in 14 bytes/],
    ["more records than are read", () => withCount(small(), 2 ** 31 - 1), /at most 200000/],
    ["fewer records than it holds", () => withCount(small(), 1), /more records than/],
    ["fewer records than none", () => withCount(small(), -1), /more records than the batch claims/],
    ["two records at one offset", () => withByte(small(), 71, 0), /offset 0 after 0 in a batch/],
    ["a record behind its end", () => withByte(small(), 71, 4), /offset 2 after 0 .* up to 1$/],
    ["a record that is longer than it claims", () => withByte(small(), 61, 10), /another length/],
    ["fewer headers than none", () => withByte(small(), 74, 1), /-1 headers/],
    ["a number that does not end", () => sealed(small().fill(0xff, 61)), /a number does not end/],
    ["records that end too early", () => withByte(small(), 73, 20), /records end too early/],
    ["more real records than are read", () => packed("zstd", nulls), /^200001 records in/],
    ["zeros without end in gzip", () => bomb("gzip"), /unpacked: .* larger than 33554432 bytes/],
    ["zeros without end in zstd", () => bomb("zstd"), /unpacked: .* larger than 33554432 bytes/],
    ["zeros without end in lz4", () => bomb("lz4"), /unpack to more than 33554432 bytes/],
    ["zeros without end in snappy", () => bomb("snappy"), /unpack to more than 33554432 bytes/],
  ] as const
) {
  Deno.test(`decodeBatch() makes one unreadable record of a batch with ${what}`, () => {
    const bytes = batch();
    const { length, 0: decoded } = decodeAll(bytes);
    assert.equal(length, 1);
    assert.match(decoded?.unreadable ?? "", why);
    assert.deepEqual([decoded?.offset, decoded?.key], [0, null]);
    assert.equal(decoded?.timestampMs, Number(bytes.readBigInt64BE(batchLayout.maxTimestamp)));
    assert.deepEqual(Buffer.from(decoded?.value ?? []), bytes);
  });
}

Deno.test("decodeBatch() gives every record the append time where the topic says so", () => {
  const batch = withAttributes(encodeBatch([record(), record({ timestampMs: 5 })], options), 0x18);
  const times = decodeAll(batch).map(({ timestampMs }) => timestampMs);
  assert.deepEqual(times, [1_700_000_000_000, 1_700_000_000_000]);
});

Deno.test("readBatchHeader() takes a batch that is cut off for none", () => {
  const batch = encodeBatch([record({ value: encodeText("value") })], options);
  for (let length = 0; length < batch.length; length++) {
    assert.equal(readBatchHeader(batch.subarray(0, length), 0), undefined);
  }
});

Deno.test("decodeBatch() takes a header's name or value that is null, or no text, for an empty one", () => {
  for (const headers of [{ h: new Uint8Array() }, { "": new Uint8Array() }]) {
    const batch = encodeBatch([record({ headers })], options);
    batch[batch.length - 1] = 1; // length -1 in place of 0
    assert.deepEqual(decodeAll(sealed(batch))[0]?.headers, headers);
  }
  const named = encodeBatch([record({ headers: { h: encodeText("x") } })], options);
  const noName = withByte(named, named.length - 3, 0xff);
  assert.deepEqual(decodeAll(noName)[0]?.headers, { "": encodeText("x") });
  const nullName = encodeBatch([record({ headers: { "": encodeText("x") } })], options);
  const read = decodeAll(withByte(nullName, nullName.length - 3, 1));
  assert.deepEqual(read[0]?.headers, { "": encodeText("x") });
});

Deno.test("decodeBatch() keeps a header by the name __proto__ as data", () => {
  const headers = Object.defineProperty({ a: encodeText("1") }, "__proto__", {
    value: encodeText("2"),
    enumerable: true,
  });
  const [decoded] = decodeAll(encodeBatch([record({ headers })], options));
  assert.deepEqual(Object.keys(decoded?.headers ?? {}), ["a", "__proto__"]);
  assert.equal(Object.getPrototypeOf(decoded?.headers), Object.prototype);
});

Deno.test("decodeBatch() keeps the last of several headers by one name, whatever the name", () => {
  for (const name of ["a", "__proto__"]) {
    const other = name.replace(/.$/, "?");
    const headers = Object.fromEntries([[name, encodeText("1")], [other, encodeText("2")]]);
    const batch = encodeBatch([record({ headers })], options);
    batch.write(name, batch.lastIndexOf(other));
    const [decoded] = decodeAll(sealed(batch));
    assert.deepEqual(Object.entries(decoded?.headers ?? {}), [[name, encodeText("2")]]);
  }
});

/** Changes the attributes and makes the checksum fit. */
function withAttributes(batch: Buffer, attributes: number): Buffer {
  const changed = Buffer.from(batch);
  changed.writeInt16BE(attributes, 21);
  return sealed(changed);
}

/** Changes the number of records and makes the checksum fit. */
function withCount(batch: Buffer, count: number): Buffer {
  const changed = Buffer.from(batch);
  changed.writeInt32BE(count, 57);
  return sealed(changed);
}

/** Changes a byte and makes the checksum fit. */
function withByte(batch: Buffer, at: number, value: number): Buffer {
  batch[at] = value;
  return sealed(batch);
}

/** Zeros in place of records. */
function bomb(codec: ForeignCodec): Buffer {
  return repacked(small(), codec, compressed(codec, new Uint8Array(40_000_000)));
}
