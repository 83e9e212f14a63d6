/**
 * The process of a job dies at every moment of a commit, on real Kafka and real files: its results,
 * its state and what readers see must be those of a run that never died.
 */
import assert from "node:assert/strict";
import type { KafkaConnection } from "../../src/kafka/connection.ts";
import { KafkaLog } from "../../src/kafka/read/log.ts";
import { lateTopic } from "../../src/streams/side_output.ts";
import { readAll } from "../contract/log_harness.ts";
import type { CountingJob } from "../support/counting_job.ts";
import {
  ChangelogFold,
  type Contents,
  countingProcess,
  differingKeys,
  storeContents,
} from "../support/counting_process.ts";
import { CountingSink } from "../support/counting_run.ts";
import { type CountingRow, measurementRecord } from "../support/counting_topology.ts";
import {
  countingChangelog,
  createCountingChangelog,
  createCountingTopics,
} from "../support/counting_topics.ts";
import { crashSteps } from "../support/crash_points.ts";
import {
  connectTestKafka,
  kafkaBrokers,
  readOptions,
  realTiming,
  testCluster,
} from "../support/kafka_harness.ts";
import { expectedWindows, measurements } from "../support/measurements.ts";
import { recordsWithAborted } from "../support/uncommitted.ts";

const ignore = kafkaBrokers().length === 0;
const partitions = 2;
const input = measurements(13, 900);
const expected = expectedWindows(input);

/** The input, and a job over it that has not run yet; its topics are its own. */
async function prepare(kafka: KafkaConnection, folder: string): Promise<CountingJob> {
  const { topic, application } = await createCountingTopics(kafka, partitions);
  await using appender = kafka.appender();
  const records = input.map((events, i) => measurementRecord(events, 3_000_000 + i));
  await appender.append(records.map((record) => ({ ...record, topic })));
  return {
    topic,
    application,
    partitions,
    stateDir: `${folder}/state`,
    rowsPath: `${folder}/rows.jsonl`,
    pendingRowsMax: 12,
  };
}

/** Dies once at every moment, each time after some commits, then runs to the end. */
async function runWithCrashes(job: CountingJob, afterCrash: () => Promise<void>): Promise<void> {
  for (const [index, step] of crashSteps.entries()) {
    const crash = { step, pass: 2 + index % 4 };
    assert.equal(await countingProcess({ ...job, crash }), "killed", `no crash at ${step}`);
    await afterCrash();
  }
  assert.equal(await countingProcess(job), "done");
}

/** What a user sees in the sink: the newest row of each by write time. */
async function assertRows({ rowsPath = "" }: CountingJob): Promise<void> {
  const sink = new CountingSink();
  const lines = (await Deno.readTextFile(rowsPath)).trimEnd().split("\n");
  await sink.write(lines.map((line) => JSON.parse(line) as CountingRow));
  assert.deepEqual(sink.violations, []);
  const shown = [...sink.rows.values()].filter((row) => row.kind === "window")
    .map(({ key, startMs, count, sum, final }) => ({ key, startMs, count, sum, final }));
  const wanted = [...expected.windows.values()];
  const byKey = (a: { key: string; startMs: number }, b: { key: string; startMs: number }) =>
    a.key < b.key || (a.key === b.key && a.startMs < b.startMs) ? -1 : 1;
  assert.deepEqual(shown.sort(byKey), wanted.sort(byKey));
  assert.equal(sink.rows.size - shown.length, input.flat().length, "a row for each event");
}

/** Late events are output once each: those of an aborted transaction are not seen. */
async function assertSideOutputs(log: KafkaLog, { topic }: CountingJob): Promise<void> {
  const origins = new Set<string>();
  let late = 0;
  for (let partition = 0; partition < partitions; partition++) {
    for (const { headers } of await readAll(log, { topic: lateTopic(topic), partition })) {
      late += 1;
      const origin = ["origin-offset", "origin-index"].map((name) => headers[name]);
      origins.add(`${partition}/${origin.map((bytes) => new TextDecoder().decode(bytes))}`);
    }
  }
  assert.equal(late, expected.late);
  assert.equal(origins.size, expected.late);
}

/** @returns The stores' contents, which are what the committed changelog holds. */
async function assertState(log: KafkaLog, job: CountingJob): Promise<Contents[]> {
  const stores: Contents[] = [];
  for (let partition = 0; partition < partitions; partition++) {
    const topic = countingChangelog(job);
    const fold = new ChangelogFold(log, { topic, partition });
    await fold.advance();
    const changelogId = await fold.changelogId();
    const { contents } = await storeContents(job, partition, changelogId);
    assert.deepEqual(differingKeys(contents, fold.contents), []);
    stores.push(withoutText(contents, changelogId));
  }
  return stores;
}

/** Contents of another job's store, whose changelog has another id, are the same but for that. */
function withoutText(contents: Contents, text: string): Contents {
  return new Map([...contents].map(([key, value]) => [key, value.replaceAll(text, "")]));
}

async function abortedRecords(log: KafkaLog, job: CountingJob): Promise<number> {
  let count = 0;
  for (let partition = 0; partition < partitions; partition++) {
    const changelog = { topic: countingChangelog(job), partition };
    const { endOffset } = await log.bounds(changelog);
    count += await recordsWithAborted(changelog, endOffset);
    count -= (await readAll(log, changelog)).length;
  }
  return count;
}

/** Kills the job at every moment; all it leaves must be as if it had run once, undisturbed. */
async function assertSurvives(
  kafka: KafkaConnection,
  folder: string,
  state: "kept" | "deleted",
): Promise<void> {
  const job = await prepare(kafka, folder);
  await runWithCrashes(job, async () => {
    if (state === "deleted") await Deno.remove(job.stateDir, { recursive: true });
  });
  await using log = new KafkaLog(testCluster(), realTiming, readOptions);
  await assertRows(job);
  await assertSideOutputs(log, job);
  const stores = await assertState(log, job);
  assert.ok(await abortedRecords(log, job) > 0, "no transaction was aborted: kills were too soft");
  const calm = { ...job, application: `${job.application}-calm`, stateDir: `${folder}/calm` };
  await createCountingChangelog(kafka, calm);
  assert.equal(await countingProcess({ ...calm, rowsPath: `${folder}/calm.jsonl` }), "done");
  assert.deepEqual(await assertState(log, calm), stores);
}

Deno.test({
  name:
    "a job killed at every moment of its commits, state kept or deleted, ends as if it never was",
  ignore,
  async fn() {
    const folder = await Deno.makeTempDir({ prefix: "commit-crash-" });
    await using kafka = connectTestKafka();
    await Promise.all((["kept", "deleted"] as const).map(async (state) => {
      await Deno.mkdir(`${folder}/${state}`);
      await assertSurvives(kafka, `${folder}/${state}`, state);
    }));
    await Deno.remove(folder, { recursive: true });
  },
});
