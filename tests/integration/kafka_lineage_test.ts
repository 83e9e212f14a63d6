/**
 * A state belongs to topics of a real Kafka, not to their names: what `lineage_test.ts` shows on the
 * log in memory, with the ids that brokers give.
 */
import assert from "node:assert/strict";
import { beginGeneration } from "../../src/streams/commit/new_generation.ts";
import { deadLetterTopic, lateTopic } from "../../src/streams/side_output.ts";
import { jsonEngineCodecs } from "../../src/streams/state/json_engine_codecs.ts";
import { checkTopics } from "../../src/streams/topology/check_topics.ts";
import { jobTopics } from "../../src/streams/topology/job_topics.ts";
import { ChangelogFold, differingKeys, storeContents } from "../support/counting_process.ts";
import { countingChangelog, createCountingTopics } from "../support/counting_topics.ts";
import { countingTopology } from "../support/counting_topology.ts";
import { feedKafkaJob, type KafkaJob, startKafkaJob } from "../support/kafka_job.ts";
import { connectTestKafka, createTestTopic, kafkaBrokers } from "../support/kafka_harness.ts";

const ignore = kafkaBrokers().length === 0;

/** A job that has processed twenty records and is stopped. */
async function withPast(): Promise<KafkaJob & AsyncDisposable> {
  await using opening = new AsyncDisposableStack();
  const kafka = opening.use(connectTestKafka());
  const folder = await Deno.makeTempDir();
  opening.defer(() => Deno.remove(folder, { recursive: true }));
  const job = { kafka, folder, ...await createCountingTopics(kafka, 1) };
  await feedKafkaJob(job, 5, 20);
  {
    await using run = await startKafkaJob(job);
    await run.caughtUp();
  }
  const resources = opening.move();
  return { ...job, [Symbol.asyncDispose]: () => resources.disposeAsync() };
}

/** The id that the topic had, and the one that it has now. */
async function recreate(job: KafkaJob, name: string): Promise<[former: string, present: string]> {
  const former = await idOf(job, name);
  await job.kafka.deleteTopic(name);
  const config = { "retention.ms": "-1" };
  await job.kafka.ensureTopics([{ name, partitions: 1, replicationFactor: 1, config }]);
  return [former, await idOf(job, name)];
}

async function idOf({ kafka }: KafkaJob, name: string): Promise<string> {
  await using log = kafka.log();
  return (await log.describe(name)).id;
}

/** It names what there must be, what there is, and what a person can do. */
function assertReplaced(words: string, ids: readonly string[]): void {
  assert.match(words, /^TOPIC_REPLACED: /);
  for (const id of ids) assert.ok(words.includes(id), words);
  assert.match(words, /stop every instance of process and run, .*"deno task state reset --yes"$/);
}

/** Why the job ends as soon as it is started. */
async function refusal(job: KafkaJob): Promise<string> {
  await using run = await startKafkaJob(job);
  return await run.ended;
}

Deno.test({
  name: "an input that was recreated is refused at the start, and both ids are named",
  ignore,
  async fn() {
    await using job = await withPast();
    const ids = await recreate(job, job.topic);
    await feedKafkaJob(job, 6, 30);
    assertReplaced(await refusal(job), ids);
  },
});

Deno.test({
  name: "an input that is recreated under a running job is not read on",
  ignore,
  async fn() {
    await using job = await withPast();
    await using run = await startKafkaJob(job);
    await run.caughtUp();
    const shown = run.rows.length;
    const ids = await recreate(job, job.topic);
    await feedKafkaJob(job, 6, 30);
    assertReplaced(await run.ended, ids);
    assert.equal(run.rows.length, shown);
  },
});

Deno.test({
  name: "a changelog that was recreated is refused although the state is kept",
  ignore,
  async fn() {
    await using job = await withPast();
    const ids = await recreate(job, countingChangelog(job));
    assertReplaced(await refusal(job), ids);
  },
});

Deno.test({
  name: "a changelog that is recreated under a running job ends it",
  ignore,
  async fn() {
    await using job = await withPast();
    await using run = await startKafkaJob(job);
    await run.caughtUp();
    const ids = await recreate(job, countingChangelog(job));
    assertReplaced(await run.ended, ids);
  },
});

Deno.test({
  name: "another input topic under the same application is refused, and both are named",
  ignore,
  async fn() {
    await using job = await withPast();
    const topic = await createTestTopic(job.kafka, 1);
    const words = await refusal({ ...job, topic });
    assertReplaced(words, [topic, job.topic]);
    assert.match(words, /set TOPIC_KAFKA to the topic of the state/);
  },
});

Deno.test({
  name: "partitions that are added end a running job, and every start until the state is moved",
  ignore,
  async fn() {
    await using job = await withPast();
    {
      await using run = await startKafkaJob(job);
      await run.caughtUp();
      await job.kafka.addPartitions(job.topic, 2);
      assert.match(await run.ended, /^PARTITIONS_CHANGED: .*\(1\): it has 2/);
    }
    await job.kafka.addPartitions(countingChangelog(job), 2);
    const words = await refusal(job);
    assert.match(words, /^PARTITIONS_CHANGED: .*\(1\): it has 2/);
    assert.match(words, /"deno task state repartition --yes"$/);
  },
});

// Both were missed by the first late event alone, which stopped its task.
for (const topicOf of [lateTopic, deadLetterTopic]) {
  Deno.test({
    name: `a job is refused at its start without the topic ${topicOf("input")}`,
    ignore,
    async fn() {
      await using job = await withPast();
      await job.kafka.deleteTopic(topicOf(job.topic));
      const words = await refusal(job);
      assert.match(words, /^TOPIC_UNSUITABLE: .*"deno task provision"$/);
      assert.ok(words.includes(topicOf(job.topic)), words);
    },
  });
}

Deno.test({
  name: "a job that sends events on is refused at its start without the topic for them",
  ignore,
  async fn() {
    await using kafka = connectTestKafka();
    const topic = await createTestTopic(kafka, 2);
    const job = countingTopology({ repartition: true });
    const topics = jobTopics(`app-${topic}`, { ...job, source: { ...job.source, topic } });
    const spec = { partitions: 2, replicationFactor: 1, config: {} };
    const [missing, ...others] = topics.toSorted(({ role }) => role === "repartition" ? -1 : 1);
    await kafka.ensureTopics(others.map(({ name }) => ({ ...spec, name })));
    await using log = kafka.log();
    await assert.rejects(checkTopics(log, topics, 2), ({ code, message }) => {
      assert.equal(code, "TOPIC_UNSUITABLE");
      assert.ok(missing?.role === "repartition" && message.includes(missing.name), message);
      return true;
    });
    await kafka.ensureTopics([{ ...spec, name: missing?.name ?? "" }]);
    await checkTopics(log, topics, 2);
  },
});

// What kafka-consumer-groups --reset-offsets --to-earliest leaves in a partition that is empty.
Deno.test({
  name: "a position that has nothing before it is a first start",
  ignore,
  async fn() {
    await using kafka = connectTestKafka();
    const folder = await Deno.makeTempDir();
    const job = { kafka, folder, ...await createCountingTopics(kafka, 1) };
    const input = { topic: job.topic, partition: 0 };
    const changelog = { topic: countingChangelog(job), partition: 0 };
    {
      await using writer = await kafka.commitLog(job.application).fence(input);
      const metadata = () => "";
      await writer.commit({ records: [], changelog, input, inputOffset: 0, metadata });
    }
    await feedKafkaJob(job, 5, 20);
    {
      await using run = await startKafkaJob(job);
      await run.caughtUp();
      assert.ok(run.rows.length > 0);
    }
    await Deno.remove(folder, { recursive: true });
  },
});

// Machine B resets the state; machine A comes back with the folder that it had, once the new
// changelog is longer than its checkpoint. The window then said 60 where 30 was right.
Deno.test({
  name: "a store of the state before a reset on another machine is rebuilt",
  ignore,
  async fn() {
    await using a = await withPast();
    const folder = await Deno.makeTempDir();
    await using b = {
      ...a,
      folder,
      [Symbol.asyncDispose]: () => Deno.remove(folder, { recursive: true }),
    };
    const changelog = countingChangelog(a);
    await recreate(a, changelog);
    {
      await using log = a.kafka.log();
      const commitLog = a.kafka.commitLog(a.application);
      const place = {
        input: { topic: a.topic, partition: 0 },
        changelog: { topic: changelog, partition: 0 },
        repartition: undefined,
      };
      await beginGeneration({ log, commitLog, codecs: jsonEngineCodecs }, place, {
        startMs: 3_000_000,
        changes: 1,
        wholeFromMs: 0,
      });
    }
    await feedKafkaJob(a, 6, 60);
    {
      await using run = await startKafkaJob(b);
      await run.caughtUp();
    }
    await feedKafkaJob(a, 7, 20);
    {
      await using run = await startKafkaJob(a);
      await run.caughtUp();
    }
    await using log = a.kafka.log();
    const fold = new ChangelogFold(log, { topic: changelog, partition: 0 });
    await fold.advance();
    const store = { topic: a.topic, application: a.application, stateDir: a.folder };
    const { contents } = await storeContents(store, 0, await fold.changelogId());
    assert.deepEqual(differingKeys(contents, fold.contents), []);
    assert.ok(contents.size > 20, "the state of three feeds");
  },
});
