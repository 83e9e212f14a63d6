/**
 * A processor is stopped past its session's end, another one takes over its partitions, then it
 * goes on: it must not commit anything, and no row may go backwards.
 */
import assert from "node:assert/strict";
import { HttpSchemaRegistry } from "../../src/registry/registry_client.ts";
import { createStateCodecs } from "../../src/registry/state_codecs.ts";
import { systemClock } from "../../src/base/clock.ts";
import { changelogCommits } from "../support/changelog_commits.ts";
import { connectTestKafka, kafkaBrokers } from "../support/kafka_harness.ts";
import {
  assertResults,
  eightSymbols,
  type MarketRun,
  marketRun,
  runPartitions,
} from "../support/market_run.ts";
import { committedBy, type ProcessInstance } from "../support/process_instance.ts";
import { writeRecording } from "../support/recordings.ts";
import { RowHistory } from "../support/row_history.ts";
import { say } from "../support/say.ts";

const ignore = kafkaBrokers().length === 0;
const catchUpMsMax = 120_000;
/** Longest wait for a new owner's first commits: the session time-out and some work, ms. */
const takeOverMsMax = 30_000;

/** Waits until an instance has committed for so many partitions; gives how long that took. */
async function untilCommitting(instance: ProcessInstance, partitions: number): Promise<number> {
  const startedMs = performance.now();
  while (performance.now() - startedMs < takeOverMsMax) {
    const tasks = await instance.tasks();
    const working = tasks.filter(({ state, last_commit: at }) =>
      state === "running" && at !== null
    );
    if (working.length >= partitions) return Math.round(performance.now() - startedMs);
    await new Promise((resolve) => setTimeout(resolve, 100));
  }
  assert.fail(`no commits of ${partitions} tasks: ${JSON.stringify(await instance.tasks())}`);
}

/** Input positions that each task committed, in the changelog's order. */
async function committedPositions(
  { changelog: topic, services }: MarketRun,
): Promise<number[][]> {
  await using kafka = connectTestKafka();
  const registry = new HttpSchemaRegistry({ url: services.registryUrl, clock: systemClock });
  const { meta } = await createStateCodecs({ registry, changelogTopic: topic });
  const positions: number[][] = [];
  for (let partition = 0; partition < runPartitions; partition++) {
    const commits = await changelogCommits(kafka.log(), { topic, partition });
    positions.push(commits.map((commit) => meta.decode(commit.meta).inputOffset));
  }
  return positions;
}

/** A commit of somebody who had lost the partition would repeat or turn back a position. */
function assertForward(positions: readonly number[]): void {
  for (const [i, position] of positions.entries()) {
    const before = positions[i - 1] ?? -1;
    assert.ok(position > before, `position ${position} was committed after ${before}`);
  }
}

Deno.test({
  name: "a processor that was taken for dead commits nothing, and no row goes backwards",
  ignore,
  async fn() {
    await using run = await marketRun((folder) =>
      writeRecording(`${folder}/frames.jsonl`, { frames: 9_000, seed: 9, symbols: eightSymbols })
    );
    const { pipeline, recording } = run;
    await pipeline.provision();
    const instances = [pipeline.instance("-zombie"), pipeline.instance("-heir")] as const;
    const [zombie, heir] = instances;
    for (const instance of instances) instance.start();
    await using history = new RowHistory(pipeline.keyspace);
    await pipeline.produce(75);
    for (const instance of instances) await untilCommitting(instance, 1);
    await zombie.program?.pause();
    say(`taken over after ${await untilCommitting(heir, runPartitions)} ms`);
    zombie.program?.resume();
    await zombie.program?.line("was removed from the group");
    assert.equal(await committedBy(instances, recording.trades, catchUpMsMax), recording.trades);
    for (const { program } of instances) assert.equal(await program?.stop(), 0);
    await history.stop();
    assert.deepEqual(history.violations, []);
    say(`rows: ${JSON.stringify(history.seen)}`);
    const positions = await committedPositions(run);
    positions.forEach(assertForward);
    say(`commits per task: ${positions.map((of) => of.length).join(", ")}`);
    await assertResults(run);
  },
});
