/** Batches of writers that are none of ours, sent to a real broker as they are. */
import type { Buffer } from "node:buffer";
import { crc32c } from "../../src/base/crc32c.ts";
import { ProtocolFault } from "../../src/kafka/wire/errors.ts";
import { encodeBatch } from "../../src/kafka/write/batch_encoder.ts";
import { produceRequest } from "../../src/kafka/write/produce_protocol.ts";
import type { TopicPartition } from "../../src/streams/record.ts";
import { testCluster } from "./kafka_harness.ts";

/** A batch as of a producer without an identity. */
export function anonymous(batch: Buffer): Buffer {
  batch.writeBigInt64BE(-1n, 43);
  batch.writeInt16BE(-1, 51);
  batch.writeInt32BE(-1, 53);
  batch.writeUInt32BE(crc32c(batch.subarray(21)), 17);
  return batch;
}

/** A batch of one record, compressed by another writer. */
export function packed(compression: "gzip" | "zstd", value: Uint8Array): Buffer {
  const identity = { producerId: -1, producerEpoch: -1, baseSequence: -1 };
  const record = { topic: "t", timestampMs: 1_700_000_000_000, key: null, value };
  return encodeBatch([record], { ...identity, transactional: false, compression });
}

/** Sends batches as they are. */
export async function produceBatches(
  place: TopicPartition,
  batches: readonly Buffer[],
): Promise<void> {
  await using cluster = testCluster();
  const leader = await cluster.leader(place);
  for (const batch of batches) {
    const request = produceRequest([{ ...place, batch }], {
      transactionalId: null,
      timeoutMs: 5_000,
    });
    for (const { errorCode } of await cluster.send(leader, request)) {
      if (errorCode !== 0) throw new ProtocolFault(errorCode, "Produce");
    }
  }
}
