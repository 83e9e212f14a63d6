/** Batches of other writers on a real broker: every codec is read, and a hostile one is passed. */
import assert from "node:assert/strict";
import { recordsPerBatchMax } from "../../src/kafka/read/batch_decoder.ts";
import { unpackedBytesMax } from "../../src/kafka/wire/unpacked_bytes.ts";
import { encodeText } from "../../src/streams/text.ts";
import { readAll, valuesOf } from "../contract/log_harness.ts";
import { produceBatches } from "../support/foreign_batches.ts";
import { foreignCodecs } from "../support/foreign_codecs.ts";
import { javaBatches, javaValue } from "../support/java_batches.ts";
import { connectTestKafka, createTestTopic, kafkaBrokers } from "../support/kafka_harness.ts";
import { anonymous, packed } from "../support/packed_batches.ts";

const ignore = kafkaBrokers().length === 0;

Deno.test({
  name: "KafkaLog reads batches of every codec",
  ignore,
  async fn() {
    await using kafka = connectTestKafka();
    const place = { topic: await createTestTopic(kafka, 1), partition: 0 };
    const batches = [anonymous(javaBatches.snappy()), anonymous(javaBatches.lz4())];
    const ours = foreignCodecs.map((codec) => packed(codec, [encodeText(codec)]));
    await produceBatches(place, [...batches, ...ours]);
    const java = Array.from({ length: 20 }, (_, i) => javaValue(i));
    const records = await readAll(kafka.log(), place);
    assert.deepEqual(valuesOf(records), [...java, ...java, ...foreignCodecs]);
  },
});

for (const codec of foreignCodecs) {
  Deno.test({
    name: `KafkaLog passes batches that unpack to too much with ${codec}`,
    ignore,
    async fn() {
      await using kafka = connectTestKafka();
      // Snappy makes 64 bytes of 3, so that its bomb is larger than topics take by default.
      const topic = await createTestTopic(kafka, 1, { "max.message.bytes": "8000000" });
      const place = { topic, partition: 0 };
      const count = 2 * recordsPerBatchMax;
      await produceBatches(place, [
        packed(codec, [new Uint8Array(3 * unpackedBytesMax)]),
        packed(codec, [encodeText("good")]),
        packed(codec, new Array<null>(count).fill(null)),
        packed(codec, [encodeText("better")]),
      ]);
      const [long, good, many, better, ...others] = await readAll(kafka.log(), place);
      assert.deepEqual(others, []);
      assert.match(
        long?.unreadable ?? "",
        new RegExp(`(larger|more) than ${unpackedBytesMax} bytes`),
      );
      assert.match(many?.unreadable ?? "", new RegExp(`^${count} records in`));
      assert.deepEqual([good, better].map((record) => record?.offset), [1, 2 + count]);
      assert.deepEqual(valuesOf([good, better].filter((record) => record !== undefined)), [
        "good",
        "better",
      ]);
    },
  });
}
