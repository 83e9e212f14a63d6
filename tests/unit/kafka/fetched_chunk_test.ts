import assert from "node:assert/strict";
import { Buffer } from "node:buffer";
import { ChunkDecoder, chunkOf } from "../../../src/kafka/read/fetched_chunk.ts";
import type { AbortedTransaction } from "../../../src/kafka/read/fetch_protocol.ts";
import { batchLayout } from "../../../src/kafka/wire/batch_layout.ts";
import { dataBatch, emptied, fetchedPartition, markerBatch } from "../../support/kafka_batches.ts";
import { packed, sealed } from "../../support/packed_batches.ts";
import { valuesOf } from "../../contract/log_harness.ts";

const partition = { topic: "t", partition: 0 };

function read(
  batches: readonly Uint8Array[],
  abortedTransactions: readonly AbortedTransaction[] = [],
  fromOffset = 0,
): unknown {
  const chunk = chunkOf(fetchedPartition(batches, { abortedTransactions }));
  assert.ok(chunk !== undefined);
  return valuesOf(new ChunkDecoder(chunk, partition).decode(fromOffset, 1_000).records);
}

const transactional = { transactional: true } as const;

/** The same with another bit at a place. */
function flipped(batch: Buffer, at: number): Buffer {
  const damaged = Buffer.from(batch);
  damaged.writeUInt8(damaged.readUInt8(at) ^ 1, at);
  return damaged;
}

Deno.test("ChunkDecoder drops an aborted transaction and keeps the others", () => {
  const batches = [
    dataBatch({ baseOffset: 0, values: ["plain"] }),
    dataBatch({ baseOffset: 1, values: ["a1", "a2"], producerId: 7, ...transactional }),
    dataBatch({ baseOffset: 3, values: ["b1"], producerId: 8, ...transactional }),
    markerBatch({ baseOffset: 4, producerId: 7, commit: false }),
    markerBatch({ baseOffset: 5, producerId: 8, commit: true }),
    dataBatch({ baseOffset: 6, values: ["a3"], producerId: 7, ...transactional }),
    markerBatch({ baseOffset: 7, producerId: 7, commit: true }),
  ];
  assert.deepEqual(read(batches, [{ producerId: 7, firstOffset: 1 }]), ["plain", "b1", "a3"]);
});

Deno.test("ChunkDecoder tells apart two aborted transactions of one producer", () => {
  const batches = [
    dataBatch({ baseOffset: 0, values: ["x"], producerId: 7, ...transactional }),
    markerBatch({ baseOffset: 1, producerId: 7, commit: false }),
    dataBatch({ baseOffset: 2, values: ["y"], producerId: 7, ...transactional }),
    markerBatch({ baseOffset: 3, producerId: 7, commit: true }),
    dataBatch({ baseOffset: 4, values: ["z"], producerId: 7, ...transactional }),
    markerBatch({ baseOffset: 5, producerId: 7, commit: false }),
  ];
  const aborted = [{ producerId: 7, firstOffset: 4 }, { producerId: 7, firstOffset: 0 }];
  assert.deepEqual(read(batches, aborted), ["y"]);
});

Deno.test("ChunkDecoder drops an aborted transaction whose marker is not in the chunk", () => {
  const batches = [dataBatch({ baseOffset: 5, values: ["x"], producerId: 7, ...transactional })];
  assert.deepEqual(read(batches, [{ producerId: 7, firstOffset: 2 }]), []);
});

Deno.test("ChunkDecoder passes what compaction has emptied, a commit's marker too", () => {
  const batches = [
    emptied(dataBatch({ baseOffset: 0, values: ["x"], producerId: 7, ...transactional })),
    emptied(markerBatch({ baseOffset: 1, producerId: 7, commit: true })),
    dataBatch({ baseOffset: 2, values: ["kept"] }),
    emptied(markerBatch({ baseOffset: 3, producerId: 8, commit: true })),
  ];
  assert.deepEqual(read(batches), ["kept"]);
  assert.equal(chunkOf(fetchedPartition(batches))?.nextOffset, 4);
});

Deno.test.each([
  { what: "nothing", key: new Uint8Array(3) },
  { what: "half of it", key: new Uint8Array(4), recordBytes: 5 },
])("ChunkDecoder reads again where a control batch says $what", ({ key, recordBytes }) => {
  const batch = dataBatch({ baseOffset: 0, values: [""], key, producerId: 7, ...transactional });
  batch.writeInt16BE(0x30, batchLayout.attributes);
  if (recordBytes !== undefined) batch.writeInt8(2 * recordBytes, batchLayout.records);
  const unavailable = { code: "LOG_UNAVAILABLE", message: /must commit or abort/ };
  assert.throws(() => read([sealed(batch)]), unavailable);
});

Deno.test("ChunkDecoder believes nothing of a batch whose checksum is wrong, as whose it is", () => {
  const batches = () => [
    dataBatch({ baseOffset: 0, values: ["x"], producerId: 7, ...transactional }),
    markerBatch({ baseOffset: 1, producerId: 7, commit: false }),
    dataBatch({ baseOffset: 2, values: ["y"], producerId: 7, ...transactional }),
    markerBatch({ baseOffset: 3, producerId: 7, commit: true }),
  ];
  const aborted = [{ producerId: 7, firstOffset: 0 }];
  assert.deepEqual(read(batches(), aborted), ["y"]);
  for (const [number, batch] of batches().entries()) {
    for (let at = batchLayout.checksum; at < batch.length; at++) {
      const damaged = batches().with(number, flipped(batch, at));
      assert.throws(() => read(damaged, aborted), { code: "LOG_UNAVAILABLE" }, `${number} ${at}`);
    }
  }
});

Deno.test("ChunkDecoder names the place of a batch in a format that it cannot read", () => {
  const batch = dataBatch({ baseOffset: 5, values: ["x"] });
  batch.writeInt8(1, batchLayout.magic);
  const unsuitable = { code: "TOPIC_UNSUITABLE", message: /t-0@5 .* format must be 2: 1/ };
  assert.throws(() => read([batch]), unsuitable);
});

Deno.test("ChunkDecoder keeps plain records of a producer that is aborting", () => {
  const batches = [
    dataBatch({ baseOffset: 0, values: ["x"], producerId: 7, ...transactional }),
    dataBatch({ baseOffset: 1, values: ["plain"], producerId: 7 }),
  ];
  assert.deepEqual(read(batches, [{ producerId: 7, firstOffset: 0 }]), ["plain"]);
});

Deno.test("ChunkDecoder does not take a record with four zero bytes as key for a marker", () => {
  const zeroKey = { key: new Uint8Array(4) };
  const batches = [
    dataBatch({ baseOffset: 0, values: ["x"], producerId: 7, ...transactional, ...zeroKey }),
    dataBatch({ baseOffset: 1, values: ["y"], producerId: 7, ...transactional }),
    dataBatch({ baseOffset: 2, values: ["plain"], ...zeroKey }),
  ];
  assert.deepEqual(read(batches, [{ producerId: 7, firstOffset: 0 }]), ["plain"]);
});

Deno.test("ChunkDecoder skips what lies before the wanted offset, inside a batch too", () => {
  const batches = [
    dataBatch({ baseOffset: 0, values: ["a", "b"] }),
    dataBatch({ baseOffset: 2, values: ["c", "d"] }),
  ];
  assert.deepEqual(read(batches, [], 3), ["d"]);
});

Deno.test("ChunkDecoder gives a chunk in parts, batch by batch, without losing its place", () => {
  const chunk = chunkOf(fetchedPartition([
    dataBatch({ baseOffset: 0, values: ["x"], producerId: 7, ...transactional }),
    dataBatch({ baseOffset: 1, values: ["a", "b"] }),
    dataBatch({ baseOffset: 3, values: ["y"], producerId: 7, ...transactional }),
    dataBatch({ baseOffset: 4, values: ["c"] }),
    markerBatch({ baseOffset: 5, producerId: 7, commit: false }),
  ], { abortedTransactions: [{ producerId: 7, firstOffset: 0 }] }));
  assert.ok(chunk !== undefined);
  const decoder = new ChunkDecoder(chunk, partition);
  const parts: unknown[] = [];
  while (!decoder.done) {
    const { records, nextOffset } = decoder.decode(0, 1);
    parts.push([valuesOf(records), nextOffset]);
  }
  assert.deepEqual(parts, [[["a", "b"], 3], [["c"], 5], [[], 6]]);
});

Deno.test("chunkOf() moves past control batches at the end", () => {
  const batches = [
    dataBatch({ baseOffset: 0, values: ["a"], producerId: 7, ...transactional }),
    markerBatch({ baseOffset: 1, producerId: 7, commit: true }),
  ];
  assert.equal(chunkOf(fetchedPartition(batches))?.nextOffset, 2);
});

Deno.test("chunkOf() moves to the last offset that a compacted batch names", () => {
  const batch = dataBatch({ baseOffset: 10, values: ["kept"] });
  batch.writeInt32BE(9, 23); // the batch once had ten records
  assert.equal(chunkOf(fetchedPartition([batch]))?.nextOffset, 20);
});

Deno.test("chunkOf() leaves a batch that is cut off for the next fetch", () => {
  const whole = dataBatch({ baseOffset: 0, values: ["a"] });
  const cut = dataBatch({ baseOffset: 1, values: ["b"] }).subarray(0, 65);
  const chunk = chunkOf(fetchedPartition([whole, cut]));
  assert.deepEqual([chunk?.nextOffset, chunk?.bytes.length], [1, whole.length]);
  assert.equal(chunkOf(fetchedPartition([cut])), undefined);
  assert.equal(chunkOf(fetchedPartition([Buffer.alloc(0)])), undefined);
});

Deno.test("ChunkDecoder ends a part after batches that unpacked to much, and continues behind them", () => {
  const batch = packed("zstd", [new Uint8Array(5_000_000)]);
  const batches = Array.from({ length: 5 }, (_, offset) => {
    const placed = Buffer.from(batch);
    placed.writeBigInt64BE(BigInt(offset), 0);
    return placed;
  });
  const chunk = chunkOf(fetchedPartition(batches));
  assert.ok(chunk !== undefined);
  const decoder = new ChunkDecoder(chunk, partition);
  const parts: number[][] = [];
  while (!decoder.done) parts.push(decoder.decode(0, 1_000).records.map(({ offset }) => offset));
  assert.deepEqual(parts, [[0, 1], [2, 3], [4]]);
});
