/** What waits for a commit is as large as it looks, and no more of it than a commit should hold. */
import assert from "node:assert/strict";
import {
  waitingBytesMax,
  WaitingRecords,
} from "../../../src/streams/processing/waiting_records.ts";
import type { OutputRecord } from "../../../src/streams/record.ts";

const bytes = (length: number) => new Uint8Array(length);
const record: OutputRecord = { topic: "t", timestampMs: 1, key: bytes(10), value: bytes(20) };

Deno.test("WaitingRecords is full with so many bytes of keys and values, until it is cleared", () => {
  const waiting = new WaitingRecords();
  waiting.add({ ...record, key: null, value: bytes(waitingBytesMax - 12) });
  waiting.add({ ...record, key: bytes(11), value: null });
  assert.ok(!waiting.isFull);
  waiting.add({ ...record, key: bytes(1), value: null });
  assert.ok(waiting.isFull);
  waiting.clear();
  assert.deepEqual([waiting.isFull, waiting.all], [false, []]);
});

Deno.test("WaitingRecords has room again for what is dropped", () => {
  const waiting = new WaitingRecords();
  waiting.add(record);
  for (const _ of [1, 2]) waiting.add({ ...record, value: bytes(waitingBytesMax) });
  waiting.cutTo(1);
  assert.deepEqual([waiting.isFull, waiting.all], [false, [record]]);
  waiting.add({ ...record, value: bytes(waitingBytesMax - 41) });
  assert.ok(!waiting.isFull);
  waiting.add({ ...record, key: bytes(1), value: null });
  assert.ok(waiting.isFull);
});

Deno.test("WaitingRecords keeps no buffer of which a record is a small part", () => {
  const waiting = new WaitingRecords();
  const batch = bytes(1_000);
  const whole = bytes(3);
  waiting.add({ ...record, key: batch.subarray(0, 2), value: whole });
  const [kept] = waiting.all;
  assert.equal(kept?.key?.buffer.byteLength, 2);
  assert.equal(kept.value, whole);
});
