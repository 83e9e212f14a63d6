import assert from "node:assert/strict";
import { Buffer } from "node:buffer";
import { decodeBatch, readBatchHeader } from "../../../src/kafka/read/batch_decoder.ts";
import { encodeBatch } from "../../../src/kafka/write/batch_encoder.ts";
import { crc32c } from "../../../src/base/crc32c.ts";
import type { LogRecord, OutputRecord } from "../../../src/streams/record.ts";
import { encodeText } from "../../../src/streams/text.ts";
import { fc } from "../../support/properties.ts";

const options = {
  producerId: "77",
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

Deno.test("decodeBatch() refuses a flipped bit with LOG_UNAVAILABLE", () => {
  const batch = encodeBatch([record({ value: encodeText("value") })], options);
  batch[batch.length - 2] = (batch[batch.length - 2] ?? 0) ^ 1;
  assert.throws(() => decodeAll(batch), { code: "LOG_UNAVAILABLE" });
});

Deno.test("decodeBatch() names the setting to change for a codec it cannot read", () => {
  const snappy = withAttributes(encodeBatch([record()], options), 0x12);
  assert.throws(() => decodeAll(snappy), {
    code: "TOPIC_UNSUITABLE",
    message: "Cannot read t-1@0 as its compression must be none, gzip or zstd: snappy; " +
      "set compression.type=zstd on the topic",
  });
});

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

Deno.test("decodeBatch() keeps a header by the name __proto__ as data", () => {
  const headers = Object.defineProperty({ a: encodeText("1") }, "__proto__", {
    value: encodeText("2"),
    enumerable: true,
  });
  const [decoded] = decodeAll(encodeBatch([record({ headers })], options));
  assert.deepEqual(Object.keys(decoded?.headers ?? {}), ["a", "__proto__"]);
  assert.equal(Object.getPrototypeOf(decoded?.headers), Object.prototype);
});

/** Changes the attributes and makes the checksum fit. */
function withAttributes(batch: Buffer, attributes: number): Buffer {
  const changed = Buffer.from(batch);
  changed.writeInt16BE(attributes, 21);
  changed.writeUInt32BE(crc32c(changed.subarray(21)), 17);
  return changed;
}
