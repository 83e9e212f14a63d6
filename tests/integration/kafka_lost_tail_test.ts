/** What a reader says of a broker that was killed and has lost the end of its log. */
import assert from "node:assert/strict";
import { Buffer } from "node:buffer";
import { join } from "node:path";
import { PipelineError } from "../../src/base/errors.ts";
import { silentLogger } from "../../src/base/logger.ts";
import { connectKafka, type KafkaConnection } from "../../src/kafka/connection.ts";
import { readBatchHeader } from "../../src/kafka/read/batch_decoder.ts";
import type { PartitionReader } from "../../src/streams/ports.ts";
import { partitionName, type TopicPartition } from "../../src/streams/record.ts";
import { patience, textRecord, valuesOf } from "../contract/log_harness.ts";
import { createCountingTopics } from "../support/counting_topics.ts";
import { createTestTopic, kafkaBrokers } from "../support/kafka_harness.ts";
import { feedKafkaJob, type KafkaRun, startKafkaJob } from "../support/kafka_job.ts";
import { realServices } from "../support/services.ts";
import { until } from "../support/until.ts";

/**
 * Kafka 3.9 continues in the same leader epoch after the restart, be the broker alone or one of three,
 * so that nothing tells the lost records from the new ones.
 */
const staysInEpoch = /^3\./;

const ignore = kafkaBrokers().length === 0 ||
  staysInEpoch.test(Deno.env.get("SERVICES_KAFKA_VERSION") ?? "");

/** As many records as batches, each in a batch of its own. */
async function append(kafka: KafkaConnection, place: TopicPartition, texts: readonly string[]) {
  await using appender = kafka.appender();
  for (const text of texts) await appender.append([textRecord(place, "k", text)]);
}

/** Cuts the newest segment of a partition behind its first batches. */
async function cutLog(folder: string, place: TopicPartition, batchesKept: number): Promise<void> {
  const path = join(folder, "log", partitionName(place), `${"0".repeat(20)}.log`);
  const bytes = Buffer.from(await Deno.readFile(path));
  let at = 0;
  for (let i = 0; i < batchesKept; i++) at = readBatchHeader(bytes, at)?.end ?? at;
  await Deno.truncate(path, at);
}

/** Reads on over the time in which the broker is not there. */
async function outcomeOf(reader: PartitionReader): Promise<unknown> {
  const signal = patience();
  for (;;) {
    try {
      return valuesOf((await reader.next(signal)).records);
    } catch (error) {
      const { code } = error as { readonly code?: string };
      if (code !== "LOG_UNAVAILABLE") return error;
    }
  }
}

async function stopsFor(run: KafkaRun, problem: RegExp): Promise<void> {
  const what = () => `the task to stop with ${problem}: ${run.problem()}`;
  await until(() => problem.test(run.problem() ?? ""), { what, msMax: 60_000 });
}

const numbered = (count: number, name: string) => Array.from({ length: count }, (_, i) => name + i);

Deno.test({
  name: "KafkaLog notices that a killed broker has lost the tail which led to its position",
  ignore,
  async fn(t) {
    await using services = await realServices({ kafka: true, private: true });
    const brokers = services.kafkaUrl.split(",");
    await using kafka = connectKafka({ brokers, clientId: "test", logger: silentLogger });
    const place = { topic: await createTestTopic(kafka, 1), partition: 0 };
    await append(kafka, place, numbered(20, "old"));
    const log = kafka.log();
    const { id: topicId } = await log.describe(place.topic);
    await using running = log.open(place, { offset: 0 });
    let [position, leaderEpoch]: [number, number | undefined] = [0, undefined];
    while (position < 20) {
      ({ nextOffset: position, leaderEpoch } = await running.next(patience()));
    }
    const folder = await Deno.makeTempDir();
    const job = { kafka, folder, ...await createCountingTopics(kafka, 1) };
    await feedKafkaJob(job, 5, 20);
    await using run = await startKafkaJob(job);
    await run.caughtUp();
    // A commit is answered before its markers are written: what becomes of one whose broker is killed
    // between the two is not the question here.
    await kafka.commitLog(job.application).committed({ topic: job.topic, partition: 0 });
    const shown = new Set(run.rows.map((row) => JSON.stringify(row)));
    await services.kafka.kill();
    for (const { topic } of [place, job]) {
      await cutLog(services.kafka.dataFolder, { topic, partition: 0 }, 15);
    }
    await services.kafka.start();
    await append(kafka, place, numbered(10, "new"));
    await feedKafkaJob(job, 6, 10);
    assert.deepEqual(await log.bounds(place), { startOffset: 0, endOffset: 25 });
    const expected = {
      code: "INPUT_TRUNCATED",
      message: new RegExp(`offset 20 .*leader epoch ${leaderEpoch}.* ends at 15`),
    };
    await t.step("while it reads", async () => {
      const outcome = await outcomeOf(running);
      assert.ok(outcome instanceof PipelineError && outcome.code === expected.code, `${outcome}`);
      await assert.rejects(running.next(patience()), expected);
    });
    await t.step("when it is opened at the position", async () => {
      await using reader = log.open(place, { offset: 20, leaderEpoch, topicId });
      await assert.rejects(reader.next(patience()), expected);
    });
    await t.step("and reads on from a position that is still sound", async () => {
      await using reader = log.open(place, { offset: 15, leaderEpoch, topicId });
      assert.deepEqual(await outcomeOf(reader), numbered(10, "new"));
    });
    // It read 5 of the 10 new records, and kept the 5 that were lost in its state.
    // Which of the two it says depends on how many of the new ones are there when it reads on.
    const lost =
      /from offset 20 as (?:what leader epoch \d+ wrote .* ends at 15|the topic holds 0 to 1[5-9])/;
    await t.step("and stops the task of a running job, and of the next one", async () => {
      await stopsFor(run, lost);
      await run[Symbol.asyncDispose]();
      await using next = await startKafkaJob(job);
      await stopsFor(next, lost);
      const rows = [...run.rows, ...next.rows].map((row) => JSON.stringify(row));
      assert.deepEqual(rows.filter((row) => !shown.has(row)), [], "rows of the last commit alone");
    });
    await Deno.remove(folder, { recursive: true });
  },
});
