/**
 * Two processors share four partitions of a running replay and are killed one after the other at
 * moments drawn from a seed, and started again at once with their state: nothing may be missing or
 * counted twice, and a start may restore no more than what one commit wrote.
 *
 * `FAULT_FRAMES` names a recording to use in place of a generated one, `FAULT_SPEED` its pace,
 * `FAULT_KILLS` the number of kills and `FAULT_SEED` their seed.
 */
import assert from "node:assert/strict";
import { seededRandom } from "../../src/base/random.ts";
import { changelogCommits } from "../support/changelog_commits.ts";
import { connectTestKafka, kafkaBrokers } from "../support/kafka_harness.ts";
import {
  assertResults,
  eightSymbols,
  type MarketRun,
  marketRun,
  runPartitions,
} from "../support/market_run.ts";
import { committedBy } from "../support/process_instance.ts";
import { firstCommit, type StartReport } from "../support/process_start.ts";
import { readRecording, type Recording, writeRecording } from "../support/recordings.ts";
import { say } from "../support/say.ts";

const ignore = kafkaBrokers().length === 0;
const setting = (variable: string) => ignore ? undefined : Deno.env.get(variable);
const framesPath = setting("FAULT_FRAMES");
const kills = Number(setting("FAULT_KILLS") ?? 3);
const seed = Number(setting("FAULT_SEED") ?? 1);
const speed = Number(setting("FAULT_SPEED") ?? 70);
const catchUpMsMax = 180_000;
/** Longest wait for the first commit after a start, ms; one without partitions has none. */
const commitMsMax = 10_000;
async function recordingOf(folder: string): Promise<Recording> {
  if (framesPath !== undefined) return await readRecording(framesPath);
  return await writeRecording(`${folder}/frames.jsonl`, {
    frames: 5_000,
    seed: 7,
    symbols: eightSymbols,
  });
}

/** The largest commit of a task, in changelog records. */
async function largestCommits(
  { pipeline, changelog: topic }: MarketRun,
): Promise<Map<string, number>> {
  await using kafka = connectTestKafka();
  const largest = new Map<string, number>();
  for (let partition = 0; partition < runPartitions; partition++) {
    const commits = await changelogCommits(kafka.log(), { topic, partition });
    const most = Math.max(0, ...commits.map(({ records }) => records));
    largest.set(`${pipeline.topic}-${partition}`, most);
  }
  return largest;
}

function describeStart({ assignedMs, runningMs, committedMs, restored }: StartReport): string {
  const ms = (value: number | undefined) => value === undefined ? "-" : `${Math.round(value)} ms`;
  return `assigned ${ms(assignedMs)}, running ${ms(runningMs)}, first commit ${ms(committedMs)}, ` +
    `restored ${Object.values(restored).join("+") || "-"}`;
}

function assertBoundedRestores(
  starts: readonly StartReport[],
  largest: ReadonlyMap<string, number>,
): void {
  for (const [task, records] of starts.flatMap(({ restored }) => Object.entries(restored))) {
    const bound = largest.get(task) ?? 0;
    assert.ok(records <= bound, `${task} restored ${records}; its largest commit has ${bound}`);
  }
}

Deno.test({
  name: `no window differs after ${kills} kills of one or the other of two processors`,
  ignore,
  async fn() {
    await using run = await marketRun(recordingOf);
    const { pipeline, recording } = run;
    await pipeline.provision();
    const instances = [pipeline.instance("-a"), pipeline.instance("-b")];
    for (const instance of instances) instance.start();
    await pipeline.produce(speed);
    await committedBy(instances, 1, catchUpMsMax);
    const random = seededRandom(seed);
    const starts: StartReport[] = [];
    for (let kill = 1; kill <= kills; kill++) {
      await new Promise((resolve) => setTimeout(resolve, 300 + random.next() * 2_500));
      const victim = instances[Math.floor(random.next() * instances.length)];
      await victim?.program?.kill();
      victim?.start();
      const report = victim && await firstCommit(victim, commitMsMax);
      if (report === undefined) continue;
      starts.push(report);
      say(`kill ${kill}: ${describeStart(report)}`);
    }
    assert.equal(await committedBy(instances, recording.trades, catchUpMsMax), recording.trades);
    for (const { program } of instances) assert.equal(await program?.stop(), 0);
    const largest = await largestCommits(run);
    say(`largest commits: ${[...largest.values()].join(", ")} changelog records`);
    assertBoundedRestores(starts, largest);
    say(await assertResults(run));
  },
});
