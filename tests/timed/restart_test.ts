/**
 * A restart does not wait: the only processor is killed under load and started again at once with
 * default settings and its state. The dead member must leave the group at once, not when its
 * session ends.
 *
 * `FAULT_RESTARTS` sets the number of restarts, `FAULT_SPEED` the pace of the replay.
 */
import assert from "node:assert/strict";
import { kafkaBrokers } from "../support/kafka_harness.ts";
import { eightSymbols, marketRun } from "../support/market_run.ts";
import { committedBy } from "../support/process_instance.ts";
import { firstCommit } from "../support/process_start.ts";
import { writeRecording } from "../support/recordings.ts";
import { say } from "../support/say.ts";

const ignore = kafkaBrokers().length === 0;
const setting = (variable: string) => ignore ? undefined : Deno.env.get(variable);
const restarts = Number(setting("FAULT_RESTARTS") ?? 3);
const speed = setting("FAULT_SPEED") ?? "120";
/** Series of restarts, one after the other, before it is too slow. */
const seriesMax = 3;
/** First commit after the start of the process, ms. */
const commitMsMax = 3_000;
const giveUpMs = 30_000;

function median(values: readonly number[]): number {
  return [...values].sort((a, b) => a - b)[values.length >> 1] ?? NaN;
}

/** True when the median of the last series is within the bound. */
function isQuick(measured: readonly number[]): boolean {
  return measured.length >= restarts && median(measured.slice(-restarts)) <= commitMsMax;
}

Deno.test({
  name: `a processor killed under load commits again within ${commitMsMax} ms of its start`,
  ignore,
  async fn() {
    await using run = await marketRun((folder) =>
      writeRecording(`${folder}/frames.jsonl`, {
        frames: 30_000,
        seed: 5,
        symbols: eightSymbols,
      })
    );
    const { pipeline } = run;
    await pipeline.provision();
    const instance = pipeline.instance();
    instance.start();
    await pipeline.produce(speed === "max" ? speed : Number(speed));
    await committedBy([instance], 1, giveUpMs);
    const measured: number[] = [];
    // What else the machine's host does can only add time: another series is then another chance.
    while (measured.length < seriesMax * restarts && !isQuick(measured)) {
      await instance.program?.kill();
      instance.start();
      const { committedMs, assignedMs, runningMs } = await firstCommit(instance, giveUpMs);
      assert.ok(committedMs !== undefined, "no commit after the restart");
      measured.push(committedMs);
      say(`assigned ${assignedMs} ms, running ${runningMs} ms, first commit ${committedMs} ms`);
    }
    assert.ok(isQuick(measured), `first commits after ${measured.join(", ")} ms`);
  },
});
