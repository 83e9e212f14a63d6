/**
 * The trap that Kafka Streams 4.1 falls into (apache/kafka#22548): with exactly-once, its state kept
 * and a cache that is small against the transactions, kill -9 in mid-transaction leaves writes in
 * the local state that no transaction committed.
 *
 * Here a job with a large state is killed in the middle of transactions that change much of it.
 * After each kill every key of the store is compared with the committed changelog up to the
 * position that the store says it has, and at the end with a plain count of the input.
 *
 * `DIRTY_KEYS` sets the number of keys (the trap was measured with hundreds of thousands),
 * `DIRTY_KILLS` that of kills.
 */
import assert from "node:assert/strict";
import { type Random, seededRandom } from "../../src/base/random.ts";
import type { KafkaConnection } from "../../src/kafka/connection.ts";
import { KafkaLog } from "../../src/kafka/read/log.ts";
import type { CountingJob } from "../support/counting_job.ts";
import {
  ChangelogFold,
  type Contents,
  countingProcess,
  differingKeys,
  storeContents,
} from "../support/counting_process.ts";
import { countingChangelog, createCountingTopics } from "../support/counting_topics.ts";
import { measurementRecord } from "../support/counting_topology.ts";
import type { CrashPoint } from "../support/crash_points.ts";
import {
  connectTestKafka,
  kafkaBrokers,
  readOptions,
  realTiming,
  testCluster,
} from "../support/kafka_harness.ts";
import { readKeyRow } from "../support/simulation/key_row_view.ts";
import { say } from "../support/say.ts";

const ignore = kafkaBrokers().length === 0;
const numberOf = (variable: string, otherwise: number) =>
  ignore ? otherwise : Number(Deno.env.get(variable) ?? otherwise);

const keys = numberOf("DIRTY_KEYS", 20_000);
const kills = numberOf("DIRTY_KILLS", 3);
/** The bound of the cache is that of a transaction: each changes about a sixth of all keys. */
const pendingRowsMax = Math.round(keys / 6);
/** Changes after each key was written once: a kill costs two transactions at most. */
const updates = pendingRowsMax * 2 * kills;
const partition = 0;
/** Records that one append brings. */
const appendMax = 20_000;

/** Feeds one event of each of these keys, in this order. */
async function feed(
  kafka: KafkaConnection,
  topic: string,
  order: readonly number[],
): Promise<void> {
  await using appender = kafka.appender();
  for (let at = 0; at < order.length; at += appendMax) {
    const records = order.slice(at, at + appendMax).map((key, i) => {
      const measurement = { key: `key-${key}`, timeMs: 1_000_000, value: 1 };
      return { ...measurementRecord([measurement], 1_000_000 + at + i), topic };
    });
    await appender.append(records);
  }
}

/**
 * Moments inside transactions. A transaction of this job is sent in several requests: a kill at
 * one of them leaves it half written; the other moments are around the decision and the store.
 */
function crashPoint(random: Random, kill: number): CrashPoint {
  if (kill % 3 === 2) return { step: "inside-apply", pass: 1 };
  return {
    step: kill % 3 === 0 ? "produce-answered" : "produce-asked",
    pass: 2 + Math.floor(random.next() * 2),
  };
}

/** Counts the keys that hold something else than what was committed. */
async function dirtyKeys(
  job: CountingJob,
  fold: ChangelogFold,
): Promise<{ readonly dirty: number; readonly size: number }> {
  const { contents, checkpoint } = await storeContents(job, partition, await fold.changelogId());
  await fold.advance(checkpoint?.changelogPosition ?? 0);
  return { dirty: differingKeys(contents, fold.contents).length, size: contents.size };
}

/** Counts per key as the state has them. */
function countsIn(contents: Contents): number[] {
  const counts = new Array<number>(keys).fill(0);
  for (const [key, value] of contents) {
    const name = /^kkey-(\d+)$/.exec(key)?.[1];
    if (name === undefined) continue;
    const { windows } = readKeyRow(Uint8Array.from(value, (byte) => byte.charCodeAt(0)));
    counts[Number(name)] = [...windows.values()].reduce(
      (sum, { aggregate }) => sum + aggregate.count,
      0,
    );
  }
  return counts;
}

/** Kills the job again and again; gives the dirty keys after each kill. */
async function killRepeatedly(job: CountingJob, fold: ChangelogFold): Promise<string[]> {
  const random = seededRandom(2);
  const found: string[] = [];
  for (let kill = 0; kill < kills; kill++) {
    const crash = crashPoint(random, kill);
    assert.equal(await countingProcess({ ...job, crash }), "killed");
    const { dirty, size } = await dirtyKeys(job, fold);
    found.push(`${crash.step}: ${dirty} of ${size}`);
    assert.equal(dirty, 0, `dirty keys after ${crash.step} ${crash.pass}`);
  }
  return found;
}

Deno.test({
  name: "a kill in mid-transaction leaves no dirty key in a large state that is kept",
  ignore,
  async fn() {
    const folder = await Deno.makeTempDir({ prefix: "dirty-keys-" });
    await using kafka = connectTestKafka();
    const names = await createCountingTopics(kafka, 1);
    const job = { ...names, partitions: 1, stateDir: `${folder}/state`, pendingRowsMax };
    await feed(kafka, job.topic, Array.from({ length: keys }, (_, key) => key));
    assert.equal(await countingProcess(job), "done");
    const random = seededRandom(1);
    const again = Array.from({ length: updates }, () => Math.floor(random.next() * keys));
    await feed(kafka, job.topic, again);
    await using log = new KafkaLog(testCluster(), realTiming, readOptions);
    const fold = new ChangelogFold(log, { topic: countingChangelog(job), partition });
    const found = await killRepeatedly(job, fold);
    assert.equal(await countingProcess(job), "done");
    const { dirty, size } = await dirtyKeys(job, fold);
    say(`dirty keys: ${found.join("; ")}; at the end: ${dirty} of ${size}`);
    assert.equal(dirty, 0);
    const counts = new Array<number>(keys).fill(1);
    for (const key of again) counts[key] = (counts[key] ?? 0) + 1;
    assert.deepEqual(
      countsIn((await storeContents(job, partition, await fold.changelogId())).contents),
      counts,
    );
    await Deno.remove(folder, { recursive: true });
  },
});
