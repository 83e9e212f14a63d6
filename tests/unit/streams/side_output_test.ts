import assert from "node:assert/strict";
import { createHash } from "node:crypto";
import type { LogRecord, OutputRecord } from "../../../src/streams/record.ts";
import { cutValue, deadLetterRecord, keptValueBytesMax } from "../../../src/streams/side_output.ts";
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
