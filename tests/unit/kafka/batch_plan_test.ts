import assert from "node:assert/strict";
import { recordSizeBytesMax } from "../../../src/kafka/write/batch_encoder.ts";
import { planBatches } from "../../../src/kafka/write/batch_plan.ts";

function placed(topic: string, partition: number, valueBytes: number): {
  readonly topic: string;
  readonly partition: number;
  readonly timestampMs: number;
  readonly key: null;
  readonly value: Uint8Array;
} {
  return { topic, partition, timestampMs: 0, key: null, value: new Uint8Array(valueBytes) };
}

function sizes(plan: ReturnType<typeof planBatches>): unknown {
  return [...plan].map(([name, batches]) => [name, batches.map(({ records }) => records.length)]);
}

Deno.test("planBatches() keeps what fits in one batch per partition", () => {
  const records = [placed("a", 0, 10), placed("b", 0, 10), placed("a", 1, 10), placed("a", 0, 10)];
  assert.deepEqual(sizes(planBatches(records, 1_000)), [["a-0", [2]], ["b-0", [1]], ["a-1", [1]]]);
});

Deno.test("planBatches() starts a new batch before the bound is passed", () => {
  const records = Array.from({ length: 5 }, () => placed("a", 0, 100));
  assert.deepEqual(sizes(planBatches(records, 300)), [["a-0", [2, 2, 1]]]);
});

Deno.test("planBatches() fills a batch to its bound", () => {
  const records = Array.from({ length: 3 }, () => placed("a", 0, 100));
  const sizeBytes = recordSizeBytesMax(records[0] as typeof records[number]);
  assert.deepEqual(sizes(planBatches(records, 2 * sizeBytes)), [["a-0", [2, 1]]]);
  assert.deepEqual(sizes(planBatches(records, 2 * sizeBytes - 1)), [["a-0", [1, 1, 1]]]);
});

Deno.test("planBatches() sends a record that is larger than a batch alone", () => {
  const records = [placed("a", 0, 10), placed("a", 0, 5_000), placed("a", 0, 10)];
  assert.deepEqual(sizes(planBatches(records, 300)), [["a-0", [1, 1, 1]]]);
  assert.deepEqual(sizes(planBatches(records.slice(1), 300)), [["a-0", [1, 1]]]);
});
