/**
 * A producer is killed at moments drawn from a seed and started again with its spool. What it had
 * received lies in the spool or in the log; the feed goes on behind that, as a real feed would go on
 * behind what it had sent. Every frame must count exactly once.
 *
 * `FAULT_KILLS` is the number of kills, `FAULT_SEED` their seed.
 */
import assert from "node:assert/strict";
import { seededRandom } from "../../src/base/random.ts";
import { durableFrames } from "../support/durable_frames.ts";
import { connectTestKafka, kafkaBrokers } from "../support/kafka_harness.ts";
import { assertResults, eightSymbols, marketRun, runPartitions } from "../support/market_run.ts";
import { PatientFeed } from "../support/patient_feed.ts";
import { Program } from "../support/program.ts";
import { committedBy } from "../support/process_instance.ts";
import { writeRecording } from "../support/recordings.ts";
import { say } from "../support/say.ts";

const ignore = kafkaBrokers().length === 0;
const setting = (variable: string) => ignore ? undefined : Deno.env.get(variable);
const kills = Number(setting("FAULT_KILLS") ?? 4);
const seed = Number(setting("FAULT_SEED") ?? 1);
/** About what the feed sends from one kill to the next, so that the last one is near the end. */
const framesPerKill = 700;
const catchUpMsMax = 120_000;

Deno.test({
  name: `every frame counts once after ${kills} kills of the producer`,
  ignore,
  async fn() {
    await using run = await marketRun((folder) =>
      writeRecording(`${folder}/frames.jsonl`, {
        frames: framesPerKill * (kills + 1),
        seed: 11,
        symbols: eightSymbols,
      })
    );
    const { pipeline, recording } = run;
    await pipeline.provision();
    const instance = pipeline.instance();
    instance.start();
    const lines = (await Deno.readTextFile(recording.path)).trimEnd().split("\n");
    await using feed = new PatientFeed(lines);
    await using kafka = connectTestKafka();
    const places = {
      log: kafka.log(),
      topic: pipeline.topic,
      partitions: runPartitions,
      spoolDir: pipeline.spoolDir,
    };
    const start = () =>
      new Program("produce", { env: { ...pipeline.environment, FINHUB_API_URL: feed.url } });
    const random = seededRandom(seed);
    for (let kill = 1; kill <= kills; kill++) {
      await using producer = start();
      await producer.line("Producing");
      await new Promise((resolve) => setTimeout(resolve, 300 + random.next() * 900));
      await producer.kill();
      const received = [...(await durableFrames(places)).values()];
      const next = received.reduce((sum, frames) => sum + frames, 0);
      feed.goOnFrom(next);
      say(`kill ${kill}: ${next} frames received`);
    }
    await using producer = start();
    const read = await committedBy([instance], recording.trades, catchUpMsMax);
    assert.ok(feed.finished);
    assert.equal(read, recording.trades);
    const tasks = await instance.tasks();
    const duplicates = tasks.reduce((sum, { counts }) => sum + counts.duplicates, 0);
    say(`${read} trades, ${duplicates} more were duplicates`);
    assert.equal(await producer.stop(), 0);
    assert.equal(await instance.program?.stop(), 0);
    say(await assertResults(run));
  },
});
