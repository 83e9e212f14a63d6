/** Batches of other writers on a real broker: every codec is read, and a hostile one is passed. */
import assert from "node:assert/strict";
import { unpackedBytesMax } from "../../src/kafka/wire/unpacked_bytes.ts";
import { encodeText } from "../../src/streams/text.ts";
import { readAll, valuesOf } from "../contract/log_harness.ts";
import { anonymous, packed, produceBatches } from "../support/foreign_batches.ts";
import { javaBatches, javaValue } from "../support/java_batches.ts";
import { connectTestKafka, createTestTopic, kafkaBrokers } from "../support/kafka_harness.ts";

const ignore = kafkaBrokers().length === 0;

Deno.test({
  name: "KafkaLog reads batches of every codec, and passes one that unpacks to too much",
  ignore,
  async fn() {
    await using kafka = connectTestKafka();
    const place = { topic: await createTestTopic(kafka, 1), partition: 0 };
    const bomb = new Uint8Array(unpackedBytesMax);
    await produceBatches(place, [
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
