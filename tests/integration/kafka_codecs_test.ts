/** Batches of other writers on a real broker: every codec is read, and a hostile one is passed. */
import assert from "node:assert/strict";
import type { Buffer } from "node:buffer";
import { crc32c } from "../../src/base/crc32c.ts";
import { ProtocolFault } from "../../src/kafka/wire/errors.ts";
import { unpackedBytesMax } from "../../src/kafka/wire/unpacked_bytes.ts";
import { encodeBatch } from "../../src/kafka/write/batch_encoder.ts";
import { produceRequest } from "../../src/kafka/write/produce_protocol.ts";
import type { TopicPartition } from "../../src/streams/record.ts";
import { encodeText } from "../../src/streams/text.ts";
import { readAll, valuesOf } from "../contract/log_harness.ts";
import { javaBatches, javaValue } from "../support/java_batches.ts";
import {
  connectTestKafka,
  createTestTopic,
  kafkaBrokers,
  testCluster,
} from "../support/kafka_harness.ts";

const ignore = kafkaBrokers().length === 0;

/** As of a producer without an identity. */
function anonymous(batch: Buffer): Buffer {
  batch.writeBigInt64BE(-1n, 43);
  batch.writeInt16BE(-1, 51);
  batch.writeInt32BE(-1, 53);
  batch.writeUInt32BE(crc32c(batch.subarray(21)), 17);
  return batch;
}

function packed(compression: "gzip" | "zstd", value: Uint8Array): Buffer {
  const identity = { producerId: -1, producerEpoch: -1, baseSequence: -1 };
  const record = { topic: "t", timestampMs: 1_700_000_000_000, key: null, value };
  return encodeBatch([record], { ...identity, transactional: false, compression });
}

async function produce(place: TopicPartition, batches: readonly Buffer[]): Promise<void> {
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

Deno.test({
  name: "KafkaLog reads batches of every codec, and passes one that unpacks to too much",
  ignore,
  async fn() {
    await using kafka = connectTestKafka();
    const place = { topic: await createTestTopic(kafka, 1), partition: 0 };
    const bomb = new Uint8Array(unpackedBytesMax);
    await produce(place, [
      anonymous(javaBatches.snappy()),
      anonymous(javaBatches.lz4()),
      packed("gzip", bomb),
      packed("zstd", bomb),
      packed("gzip", encodeText("good")),
      packed("zstd", encodeText("better")),
    ]);
    const records = await readAll(kafka.log(), place);
    const java = Array.from({ length: 20 }, (_, i) => javaValue(i));
    assert.deepEqual(valuesOf(records.slice(0, 40)), [...java, ...java]);
    const bombs = records.slice(40, 42).map(({ offset, unreadable }) => [offset, unreadable]);
    const why =
      `records cannot be unpacked: Cannot create a Buffer larger than ${unpackedBytesMax} bytes`;
    assert.deepEqual(bombs, [[40, why], [41, why]]);
    assert.deepEqual(valuesOf(records.slice(42)), ["good", "better"]);
  },
});
