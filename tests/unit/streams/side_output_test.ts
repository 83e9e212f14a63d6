import assert from "node:assert/strict";
import { createHash } from "node:crypto";
import type { LogRecord, OutputRecord } from "../../../src/streams/record.ts";
import {
  cutValue,
  deadLetterRecord,
  keptValueBytesMax,
  lateRecord,
  shorterRecord,
} from "../../../src/streams/side_output.ts";
import { decodeText, encodeText } from "../../../src/streams/text.ts";

const whole = new Uint8Array(3_000).map((_, at) => at % 251);
const record: OutputRecord = {
  topic: "t-dead-letters",
  timestampMs: 1,
  key: encodeText("A"),
  value: whole,
  headers: { cause: encodeText("malformed") },
};

function texts(cut: OutputRecord): Record<string, string | undefined> {
  const headers = Object.entries(cut.headers ?? {});
  return Object.fromEntries(headers.map(([name, value]) => [name, decodeText(value)]));
}

function digest(bytes: Uint8Array): string {
  return createHash("sha256").update(bytes).digest("hex");
}

Deno.test("cutValue() leaves a record alone that fits, a tombstone too", () => {
  assert.equal(cutValue(record, whole.length), record);
  const tombstone = { ...record, value: null };
  assert.equal(cutValue(tombstone, 0), tombstone);
});

Deno.test("cutValue() keeps the beginning, and length and digest of the whole", () => {
  const cut = cutValue(record, 100);
  assert.deepEqual(cut.value, whole.slice(0, 100));
  assert.equal(cut.key, record.key);
  assert.deepEqual(texts(cut), {
    cause: "malformed",
    "value-length": "3000",
    "value-sha256": digest(whole),
  });
});

Deno.test("cutValue() of a record that was cut before still states the whole", () => {
  const twice = cutValue(cutValue(record, 100), 10);
  assert.deepEqual(twice.value, whole.slice(0, 10));
  assert.deepEqual(texts(twice), texts(cutValue(record, 100)));
});

Deno.test("shorterRecord() cuts nothing that must stay whole, or has no value", () => {
  const cuttable: OutputRecord = { ...record, cuttable: true };
  assert.deepEqual(shorterRecord(cuttable)?.value, whole.slice(0, 1_500));
  assert.equal(shorterRecord(record), undefined);
  for (const value of [null, new Uint8Array()]) {
    assert.equal(shorterRecord({ ...cuttable, value }), undefined);
  }
});

Deno.test("cutValue() cuts a key that is longer than any log takes", () => {
  const cut = cutValue({ ...record, key: whole });
  assert.deepEqual(cut.key, whole.slice(0, 1_024));
  assert.equal(texts(cut)["key-length"], "3000");
  assert.equal(texts(cut)["key-sha256"], digest(whole));
  assert.equal(cut.value, whole);
});

Deno.test("deadLetterRecord() of a record larger than any topic takes fits", () => {
  const large: LogRecord = {
    topic: "t",
    partition: 0,
    offset: 7,
    timestampMs: 1,
    key: whole,
    value: new Uint8Array(5_000_000),
    headers: {},
  };
  const letter = deadLetterRecord(["t"], { record: large }, "malformed", "x".repeat(1_000_000));
  assert.equal(letter.value?.length, keptValueBytesMax);
  assert.equal(texts(letter)["value-length"], "5000000");
  assert.equal(texts(letter)["detail"]?.length, 1_000);
  assert.equal(texts(letter)["origin-offset"], "7");
});

Deno.test("lateRecord() and deadLetterRecord() of events that were sent on lead back to each, and may be cut", () => {
  const [a, b] = [encodeText("a"), encodeText("b")];
  const origin = { input: 1, partition: 2, offset: 3, indexes: [4, 5, 6] };
  const record = {
    ...{ topic: "again", partition: 0, offset: 9, timestampMs: 1, key: null, value: a },
    ...{ headers: {}, keys: [a, undefined, b], origin, firstIndex: 10 },
  };
  const inputs = ["one", "other"];
  const of = (index?: number) =>
    deadLetterRecord(
      inputs,
      index === undefined ? { record } : { record, index },
      "malformed",
      "",
    );
  assert.deepEqual([of().key, of(10).key, of(11).key, of(12).key], [null, a, null, b]);
  const indexes = [of(), of(10), of(11), of(12)].map((letter) => texts(letter)["origin-index"]);
  assert.deepEqual(indexes, ["4,6", "4", "5", "6"]);
  const late = lateRecord(inputs, { record, index: 10 }, {
    ...{ key: "a", value: whole, streamTimeMs: 3 },
    window: { startMs: 1, endMs: 2 },
  });
  assert.equal(late.topic, "one-late");
  for (const output of [{ ...of(), value: whole }, late]) {
    const { value, headers = {} } = shorterRecord(output) ?? {};
    assert.deepEqual(value, whole.slice(0, 1_500));
    assert.equal(decodeText(headers["origin-topic"] ?? whole), "other");
  }
});
