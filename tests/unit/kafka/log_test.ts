/** Where a reader goes, by what a broker answers. */
import assert from "node:assert/strict";
import { systemClock } from "../../../src/base/clock.ts";
import { seededRandom } from "../../../src/base/random.ts";
import { KafkaLog } from "../../../src/kafka/read/log.ts";
import type { PartitionReader, ReadFrom } from "../../../src/streams/ports.ts";
import { valuesOf } from "../../contract/log_harness.ts";
import { FakeBroker } from "../../support/fake_broker.ts";
import { dataBatch } from "../../support/kafka_batches.ts";

const place = { topic: "t", partition: 0 };
const waiting = { clock: systemClock, random: seededRandom(1) };
const options = {
  maxWaitMs: 0,
  maxBytes: 1_000_000,
  maxBytesPerPartition: 1_000_000,
  bufferedBytesMax: 1_000_000,
  unavailableAfterMs: 50,
};

/** Longer than any of these reads takes. */
const patience = () => AbortSignal.timeout(10_000);

interface Reading {
  readonly broker: FakeBroker;
  readonly reader: PartitionReader;
}

/** Reads a log of two batches of three records each, of leader epoch 4. */
async function reading(from: ReadFrom, run: (test: Reading) => Promise<void>): Promise<void> {
  const broker = new FakeBroker();
  broker.leaderEpoch = 4;
  broker.endOffset = 6;
  broker.batches = [0, 3].map((baseOffset) =>
    dataBatch({ baseOffset, values: ["a", "b", "c"], leaderEpoch: 4 })
  );
  await using log = new KafkaLog(broker.cluster(), waiting, options);
  await using reader = log.open(place, from);
  await run({ broker, reader });
}

const unavailable = {
  code: "LOG_UNAVAILABLE",
  message: /answers with nothing; .* raise remote.fetch.max.wait.ms of the brokers$/,
};

Deno.test("KafkaLog stays where it is however often a broker shows nothing, and reports it", async () => {
  await reading({ offset: 0 }, async ({ broker, reader }) => {
    broker.withholds = true;
    // How many fetches one report takes is a matter of time.
    for (let i = 0; i < 3 || broker.fetches <= 5; i++) {
      await assert.rejects(reader.next(patience()), unavailable);
    }
    broker.withholds = false;
    const { records, nextOffset } = await reader.next(patience());
    assert.deepEqual(valuesOf(records), ["a", "b", "c", "a", "b", "c"]);
    assert.equal(nextOffset, 6);
  });
});

Deno.test("KafkaLog asks with the epoch of its position, and hears that it is lost", async () => {
  await reading({ offset: 6, leaderEpoch: 3 }, async ({ broker, reader }) => {
    broker.epochEnds.set(3, 2);
    const expected = { code: "INPUT_TRUNCATED", message: /offset 6 .* epoch 3 .* ends at 2/ };
    for (let i = 0; i < 2; i++) await assert.rejects(reader.next(patience()), expected);
  });
});

Deno.test("KafkaLog asks with the epoch of what it has read", async () => {
  await reading({ offset: 0, leaderEpoch: 3 }, async ({ broker, reader }) => {
    assert.equal((await reader.next(patience())).leaderEpoch, 4);
    broker.epochEnds.set(4, 5);
    await assert.rejects(reader.next(patience()), { code: "INPUT_TRUNCATED" });
  });
});

Deno.test("KafkaLog does not read on in another topic of the same name", async () => {
  await reading({ offset: 0 }, async ({ broker, reader }) => {
    await reader.next(patience());
    const former = broker.topicId;
    broker.topicId = "B".repeat(21) + "Q";
    broker.endOffset = 12;
    broker.batches = [dataBatch({ baseOffset: 6, values: ["new"], leaderEpoch: 0 })];
    const expected = {
      code: "TOPIC_REPLACED",
      message: new RegExp(`${former}.*${broker.topicId}`),
    };
    for (let i = 0; i < 2; i++) await assert.rejects(reader.next(patience()), expected);
  });
});
