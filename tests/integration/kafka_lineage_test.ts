/**
 * A state belongs to topics of a real Kafka, not to their names: what `lineage_test.ts` shows on the
 * log in memory, with the ids that brokers give.
 */
import assert from "node:assert/strict";
import { type Clock, systemClock } from "../../src/base/clock.ts";
import { PipelineError } from "../../src/base/errors.ts";
import { silentLogger } from "../../src/base/logger.ts";
import { systemRandom } from "../../src/base/random.ts";
import type { KafkaConnection } from "../../src/kafka/connection.ts";
import { LevelStateStores } from "../../src/level/state_store.ts";
import { beginGeneration } from "../../src/streams/commit/new_generation.ts";
import { StreamsApp } from "../../src/streams/app/streams_app.ts";
import { RecordingSink } from "../../src/streams/testing/recording_sink.ts";
import { jsonEngineCodecs } from "../../src/streams/state/json_engine_codecs.ts";
import { countingTopologyOf } from "../support/counting_job.ts";
import { ChangelogFold, differingKeys, storeContents } from "../support/counting_process.ts";
import { TestMembership } from "../support/counting_run.ts";
import { countingChangelog, createCountingTopics } from "../support/counting_topics.ts";
import { type CountingRow, measurementRecord } from "../support/counting_topology.ts";
import { connectTestKafka, createTestTopic, kafkaBrokers } from "../support/kafka_harness.ts";
import { measurements } from "../support/measurements.ts";
import { until } from "../support/until.ts";

const ignore = kafkaBrokers().length === 0;

const msMax = 60_000;

/** Half a minute of the watch takes a second. */
const hurriedClock: Clock = {
  nowMs: () => systemClock.nowMs(),
  monotonicMs: () => systemClock.monotonicMs(),
  sleep: (ms, signal) => systemClock.sleep(ms / 30, signal),
};

/** A counting job with one partition, and what it runs on. */
interface Job {
  readonly kafka: KafkaConnection;
  readonly topic: string;
  readonly application: string;
  readonly folder: string;
}

/** A run of the job; disposing of it stops it. */
interface Run extends AsyncDisposable {
  /** How the program ended. */
  readonly ended: Promise<string>;
  readonly rows: readonly CountingRow[];
  caughtUp(): Promise<void>;
}

async function start(job: Job): Promise<Run> {
  await using opening = new AsyncDisposableStack();
  const stores = opening.use(await LevelStateStores.open(job.folder, job.application));
  const sink = new RecordingSink<CountingRow>();
  const app = new StreamsApp(
    countingTopologyOf(job.topic),
    {
      log: opening.use(job.kafka.log()),
      commitLog: job.kafka.commitLog(job.application),
      stores,
      sink,
      codecs: jsonEngineCodecs,
      clock: hurriedClock,
      random: systemRandom,
      logger: silentLogger,
    },
    new TestMembership([0]),
    {
      application: job.application,
      commitIntervalMs: 50,
      pendingRowsMax: 1_000,
      closeBoundMs: 100_000,
      stateCleanupDelayMs: 600_000,
    },
  );
  const stop = new AbortController();
  const ended = app.run(stop.signal).then(() => "stopped", (error) => {
    if (error instanceof PipelineError) return `${error.code}: ${error.message}`;
    throw error;
  });
  const resources = opening.move();
  return {
    ended,
    rows: sink.rows,
    caughtUp: () =>
      until(() => app.tasks[0]?.lagRecords === 0, { what: "the end of the input", msMax }),
    async [Symbol.asyncDispose]() {
      stop.abort();
      await ended;
      await resources.disposeAsync();
    },
  };
}

async function feed({ kafka, topic }: Job, seed: number, count: number): Promise<void> {
  await using appender = kafka.appender();
  const records = measurements(seed, count);
  await appender.append(
    records.map((events, i) => ({
      ...measurementRecord(events, 2_000_000 + i),
      topic,
      partition: 0,
    })),
  );
}

/** A job that has processed twenty records and is stopped. */
async function withPast(): Promise<Job & AsyncDisposable> {
  await using opening = new AsyncDisposableStack();
  const kafka = opening.use(connectTestKafka());
  const folder = await Deno.makeTempDir();
  opening.defer(() => Deno.remove(folder, { recursive: true }));
  const job = { kafka, folder, ...await createCountingTopics(kafka, 1) };
  await feed(job, 5, 20);
  {
    await using run = await start(job);
    await run.caughtUp();
  }
  const resources = opening.move();
  return { ...job, [Symbol.asyncDispose]: () => resources.disposeAsync() };
}

async function recreate({ kafka }: Job, name: string): Promise<string> {
  await kafka.deleteTopic(name);
  const config = { "retention.ms": "-1" };
  await kafka.ensureTopics([{ name, partitions: 1, replicationFactor: 1, config }]);
  await using log = kafka.log();
  return (await log.describe(name)).id;
}

/** Why the job ends as soon as it is started. */
async function refusal(job: Job): Promise<string> {
  await using run = await start(job);
  return await run.ended;
}

Deno.test({
  name: "an input that was recreated is refused at the start, and both ids are named",
  ignore,
  async fn() {
    await using job = await withPast();
    await using log = job.kafka.log();
    const { id } = await log.describe(job.topic);
    const other = await recreate(job, job.topic);
    await feed(job, 6, 30);
    const words = await refusal(job);
    assert.match(words, /^TOPIC_REPLACED: /);
    assert.ok(words.includes(id) && words.includes(other), words);
  },
});

Deno.test({
  name: "an input that is recreated under a running job is not read on",
  ignore,
  async fn() {
    await using job = await withPast();
    await using run = await start(job);
    await run.caughtUp();
    const shown = run.rows.length;
    await recreate(job, job.topic);
    await feed(job, 6, 30);
    assert.match(await run.ended, /^TOPIC_REPLACED: .*must be the topic with id/);
    assert.equal(run.rows.length, shown);
  },
});

Deno.test({
  name: "a changelog that was recreated is refused although the state is kept",
  ignore,
  async fn() {
    await using job = await withPast();
    await recreate(job, countingChangelog(job));
    assert.match(await refusal(job), /^TOPIC_REPLACED: .*-changelog/);
  },
});

Deno.test({
  name: "another input topic under the same application is refused, and both are named",
  ignore,
  async fn() {
    await using job = await withPast();
    const topic = await createTestTopic(job.kafka, 1);
    const words = await refusal({ ...job, topic });
    assert.match(words, /^TOPIC_REPLACED: /);
    assert.ok(words.includes(topic) && words.includes(job.topic), words);
  },
});

Deno.test({
  name: "partitions that are added end a running job, and every start until the state is moved",
  ignore,
  async fn() {
    await using job = await withPast();
    {
      await using run = await start(job);
      await run.caughtUp();
      await job.kafka.addPartitions(job.topic, 2);
      assert.match(await run.ended, /^PARTITIONS_CHANGED: .*\(1\): it has 2/);
    }
    await job.kafka.addPartitions(countingChangelog(job), 2);
    assert.match(await refusal(job), /^PARTITIONS_CHANGED: .*\(1\): it has 2/);
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
    await feed(job, 5, 20);
    {
      await using run = await start(job);
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
    await feed(a, 6, 60);
    {
      await using run = await start(b);
      await run.caughtUp();
    }
    await feed(a, 7, 20);
    {
      await using run = await start(a);
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
