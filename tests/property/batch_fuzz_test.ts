/** Batches of hostile writers: valid checksums around anything. */
import assert from "node:assert/strict";
import { Buffer } from "node:buffer";
import { crc32c } from "../../src/base/crc32c.ts";
import { PipelineError } from "../../src/base/errors.ts";
import { type Random, seededRandom } from "../../src/base/random.ts";
import { recordsPerBatchMax } from "../../src/kafka/read/batch_decoder.ts";
import { ChunkDecoder, chunkOf } from "../../src/kafka/read/fetched_chunk.ts";
import { encodeBatch } from "../../src/kafka/write/batch_encoder.ts";
import type { LogRecord } from "../../src/streams/record.ts";
import { encodeText } from "../../src/streams/text.ts";
import { valuesOf } from "../contract/log_harness.ts";
import { javaBatches } from "../support/java_batches.ts";
import { dataBatch, fetchedPartition } from "../support/kafka_batches.ts";

const inputs = 100_000;
const place = { topic: "t", partition: 0 };
/** Where the part begins that the checksum covers. */
const checked = 21;

const written = (["none", "gzip", "zstd"] as const).map((compression) =>
  encodeBatch(
    Array.from({ length: 20 }, (_, i) => ({
      topic: "t",
      timestampMs: i,
      key: encodeText(`key${i % 3}`),
      value: encodeText(`a value ${i}`),
      headers: { "producer-id": encodeText("p"), sequence: encodeText(String(i)) },
    })),
    { producerId: 1, producerEpoch: 0, baseSequence: 0, transactional: false, compression },
  )
);
const sound: readonly Buffer[] = [...written, ...Object.values(javaBatches).map((make) => make())];

/** A sound batch with some of its bytes changed, cut out or repeated, and a fitting checksum. */
function mutated(random: Random): Buffer {
  const below = (end: number) => Math.floor(random.next() * end);
  let batch: Buffer = Buffer.from(sound[below(sound.length)] ?? []);
  for (let left = 1 + below(4); left > 0; left--) {
    const at = checked + below(batch.length - checked);
    const other = at + below(Math.min(40, batch.length - at));
    const [head, tail] = [batch.subarray(0, at), batch.subarray(at)];
    const kind = below(4);
    if (kind === 0) batch[at] = below(256);
    else if (kind === 1) batch[at] = (batch[at] ?? 0) ^ (1 << below(8));
    else if (kind === 2 && at > 61) batch = Buffer.concat([head, batch.subarray(other)]);
    else batch = Buffer.concat([batch.subarray(0, other), tail]);
  }
  batch.writeInt32BE(batch.length - 12, 8);
  batch.writeUInt32BE(crc32c(batch.subarray(checked)), 17);
  return batch;
}

/** What a reader makes of a batch and of the good one behind it. */
function read(batch: Buffer): LogRecord[] {
  const lastOffset = Math.max(0, batch.readInt32BE(23));
  const good = dataBatch({ baseOffset: lastOffset + 1, values: ["good"] });
  const chunk = chunkOf(fetchedPartition([batch, good]));
  assert.ok(chunk !== undefined);
  const records: LogRecord[] = [];
  const decoder = new ChunkDecoder(chunk, place);
  while (!decoder.done) records.push(...decoder.decode(0, 1_000).records);
  return records;
}

Deno.test(`ChunkDecoder takes ${inputs} hostile batches, and what follows each of them`, () => {
  const random = seededRandom(1);
  const counts = { unreadable: 0, readable: 0, refused: 0 };
  for (let i = 0; i < inputs; i++) {
    const batch = mutated(random);
    try {
      const records = read(batch);
      assert.deepEqual(valuesOf(records.slice(-1)), ["good"]);
      assert.ok(records.length <= recordsPerBatchMax + 1);
      const offsets = records.map(({ offset }) => offset);
      assert.ok(offsets.every((offset, k) => k === 0 || offset > (offsets[k - 1] ?? 0)));
      if (records[0]?.unreadable === undefined) counts.readable++;
      else counts.unreadable++;
    } catch (error) {
      // Only brokers write control batches and message formats: those are fetched again.
      if (!(error instanceof PipelineError)) throw error;
      counts.refused++;
    }
  }
  assert.equal(counts.unreadable + counts.readable + counts.refused, inputs);
  assert.ok(counts.unreadable > inputs / 4, JSON.stringify(counts));
  assert.ok(counts.refused < inputs / 20, JSON.stringify(counts));
});
