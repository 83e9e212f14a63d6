import assert from "node:assert/strict";
import { recordBytes, splitByBytes } from "../../../src/ingest/batches.ts";
import type { OutputRecord } from "../../../src/streams/record.ts";

function record(bytes: number): OutputRecord {
  return { topic: "t", timestampMs: 0, key: null, value: new Uint8Array(bytes - 64) };
}

Deno.test("recordBytes() counts key, value and headers", () => {
  const headers = { ab: new Uint8Array(3) };
  const key = new Uint8Array(5);
  assert.equal(recordBytes({ ...record(164), key, headers }), 174);
});

Deno.test("splitByBytes() fills batches in order and gives a large record its own", () => {
  const records = [100, 100, 100, 900, 100, 200, 100].map(record);
  const batches = splitByBytes(records, 300);
  assert.deepEqual(batches.map((batch) => batch.length), [3, 1, 2, 1]);
  assert.deepEqual(batches.flat(), records);
});

Deno.test("splitByBytes() of nothing is nothing", () => {
  assert.deepEqual(splitByBytes([], 300), []);
});
