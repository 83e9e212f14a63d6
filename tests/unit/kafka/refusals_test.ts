import assert from "node:assert/strict";
import { Buffer } from "node:buffer";
import { decodeBatch, readBatchHeader } from "../../../src/kafka/read/batch_decoder.ts";
import { isStampable, stampOf, unstamped } from "../../../src/kafka/wire/stamps.ts";
import { encodeBatch } from "../../../src/kafka/write/batch_encoder.ts";
import type { PlannedBatch } from "../../../src/kafka/write/batch_plan.ts";
import { inPlaceOf, refusalReason } from "../../../src/kafka/write/refusals.ts";
import type { LogRecord, OutputRecord } from "../../../src/streams/record.ts";

const nowMs = 1_750_000_000_000;

function record(size: number, more: Partial<OutputRecord> = {}): OutputRecord {
  return { topic: "t", timestampMs: nowMs, key: null, value: new Uint8Array(size), ...more };
}

function batch(...records: readonly OutputRecord[]): PlannedBatch {
  return { topic: "t", partition: 3, records };
}

function sizes(batches: readonly PlannedBatch[]): (number | undefined)[][] {
  return batches.map(({ records }) => records.map(({ value }) => value?.length));
}

/** What a broker has in the end that takes batches as `takes` says, and what it refuses. */
function sent(first: PlannedBatch, takes: (batch: PlannedBatch) => boolean) {
  const taken: number[] = [];
  const refused: number[] = [];
  let asked = 0;
  for (const left = [first]; left.length > 0;) {
    const next = left.shift() as PlannedBatch;
    const lengths = next.records.map(({ value }) => value?.length ?? -1);
    const instead = ++asked && takes(next) ? undefined : inPlaceOf(next, "size");
    if (instead === undefined) taken.push(...lengths);
    else if (instead.length === 0) refused.push(...lengths);
    else left.unshift(...instead);
  }
  return { taken, refused, asked };
}

Deno.test("refusalReason() names what the content of a batch is refused for", () => {
  const reasons = [0, 3, 10, 18, 32, 45].map(refusalReason);
  assert.deepEqual(reasons, [undefined, undefined, "size", "size", "timestamp", undefined]);
});

Deno.test("inPlaceOf() halves a batch, in order and place", () => {
  const halves = inPlaceOf(batch(record(1), record(2), record(3)), "size");
  assert.deepEqual(sizes(halves), [[1, 2], [3]]);
  assert.deepEqual(halves.map(({ topic, partition }) => [topic, partition]), [["t", 3], ["t", 3]]);
});

Deno.test("inPlaceOf() gives a record up that is alone, unless it may be cut", () => {
  assert.deepEqual(inPlaceOf(batch(record(100)), "size"), []);
  assert.deepEqual(sizes(inPlaceOf(batch(record(100, { cuttable: true })), "size")), [[50]]);
  assert.deepEqual(inPlaceOf(batch(record(0, { cuttable: true })), "size"), []);
  assert.deepEqual(inPlaceOf(batch(record(0, { cuttable: true, value: null })), "size"), []);
});

Deno.test("inPlaceOf() ends: what fits is sent in order, one that does not is left out alone", () => {
  const lengths = Array.from({ length: 300 }, (_, i) => i === 123 ? 5_000 : 700 + i);
  const fits = ({ records }: PlannedBatch) =>
    records.reduce((sum, { value }) => sum + (value?.length ?? 0), 0) <= 2_000;
  const { taken, refused, asked } = sent(batch(...lengths.map((size) => record(size))), fits);
  assert.deepEqual(taken, lengths.filter((size) => size !== 5_000));
  assert.deepEqual(refused, [5_000]);
  assert.ok(asked < 2 * lengths.length, `${asked} requests`);
});

Deno.test("inPlaceOf() takes timestamps away before it halves", () => {
  const [one, ...none] = inPlaceOf(batch(record(1), record(2)), "timestamp");
  assert.deepEqual(none, []);
  assert.deepEqual(one?.records.map(({ timestampMs }) => timestampMs), [-1, -1]);
  assert.deepEqual(sizes(inPlaceOf(one as PlannedBatch, "timestamp")), [[1], [2]]);
});

Deno.test("stampOf() brings back what unstamped() took away", () => {
  for (const timestampMs of [0, nowMs, nowMs + 7_200_000, -5, 2 ** 60]) {
    const { timestampMs: none, headers = {} } = unstamped(record(1, { timestampMs }));
    assert.equal(none, -1);
    assert.equal(stampOf(none, headers), timestampMs);
  }
  assert.equal(stampOf(-1, {}), -1);
  assert.equal(stampOf(-1, { "stamped-at": new Uint8Array([0xff]) }), -1);
  assert.equal(stampOf(7, unstamped(record(1)).headers ?? {}), 7);
});

Deno.test("A batch holds every timestamp that isStampable() lets pass, and none at all", () => {
  const stamps = [nowMs, 0, -1, 2 ** 52 - 1].map((timestampMs) => record(1, { timestampMs }));
  assert.ok(stamps.every(isStampable));
  assert.ok(
    ![-2, 2 ** 52, 2 ** 63, NaN].some((timestampMs) => isStampable(record(1, { timestampMs }))),
  );
  const bytes = Buffer.from(encodeBatch([...stamps, unstamped(record(1))], {
    producerId: 1,
    producerEpoch: 0,
    baseSequence: 0,
    transactional: false,
    compression: "none",
  }));
  const out: LogRecord[] = [];
  const header = readBatchHeader(bytes, 0);
  assert.ok(header !== undefined);
  decodeBatch(bytes, header, { topic: "t", partition: 0, fromOffset: 0 }, out);
  assert.deepEqual(out.map(({ timestampMs }) => timestampMs), [nowMs, 0, -1, 2 ** 52 - 1, nowMs]);
});
