/** Batches of hostile writers: valid checksums around anything. */
import assert from "node:assert/strict";
import { Buffer } from "node:buffer";
import type { Random } from "../../src/base/random.ts";
import { recordsPerBatchMax } from "../../src/kafka/read/batch_decoder.ts";
import { ChunkDecoder, chunkOf } from "../../src/kafka/read/fetched_chunk.ts";
import { encodeBatch } from "../../src/kafka/write/batch_encoder.ts";
import type { LogRecord } from "../../src/streams/record.ts";
import { encodeText } from "../../src/streams/text.ts";
import { valuesOf } from "../contract/log_harness.ts";
import { below, everyInputIsSurvived, pick } from "../support/fuzz.ts";
import { javaBatches } from "../support/java_batches.ts";
import { dataBatch, fetchedPartition } from "../support/kafka_batches.ts";
import { sealed } from "../support/packed_batches.ts";

const place = { topic: "t", partition: 0 };
/** Where the part begins that the checksum covers. */
const checked = 21;
/** Where the attributes end, and their bit of batches that only brokers write. */
const [attributesAt, controlBit] = [22, 0x20];

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

everyInputIsSurvived<Buffer>({
  name: "batches of any writer",
  together: 1_000,
  draw: drawBatch,
  take(inputs) {
    for (const batch of inputs) {
      const records = read(batch);
      assert.deepEqual(valuesOf(records.slice(-1)), ["good"]);
      assert.ok(records.length <= recordsPerBatchMax + 1);
      const offsets = records.map(({ offset }) => offset);
      assert.ok(offsets.every((offset, k) => k === 0 || offset > (offsets[k - 1] ?? 0)));
    }
  },
  show: (batch) => batch.toString("hex"),
});

/** A sound batch with some of its bytes changed, cut out or repeated, and a fitting checksum. */
function drawBatch(random: Random): Buffer {
  let batch: Buffer = Buffer.from(pick(sound, random));
  for (let left = 1 + below(4, random); left > 0; left--) {
    const at = checked + below(batch.length - checked, random);
    const other = at + below(Math.min(40, batch.length - at), random);
    const [head, tail] = [batch.subarray(0, at), batch.subarray(at)];
    const kind = below(4, random);
    if (kind === 0) batch[at] = below(256, random);
    else if (kind === 1) batch[at] = (batch[at] ?? 0) ^ (1 << below(8, random));
    else if (kind === 2 && at > 61) batch = Buffer.concat([head, batch.subarray(other)]);
    else batch = Buffer.concat([batch.subarray(0, other), tail]);
  }
  batch[attributesAt] = (batch[attributesAt] ?? 0) & ~controlBit;
  batch.writeInt32BE(batch.length - 12, 8);
  return sealed(batch);
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
