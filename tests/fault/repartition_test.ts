/**
 * An operator gives the topics of a running job more partitions, and does what the messages say;
 * the move is killed over and over. The results must be those of a run that had them from the start.
 */
import assert from "node:assert/strict";
import { programCommand } from "../../scripts/lib/program_command.ts";
import { marketTopics } from "../../src/market/job.ts";
import { connectTestKafka, kafkaBrokers } from "../support/kafka_harness.ts";
import { assertResults, eightSymbols, type MarketRun, marketRun } from "../support/market_run.ts";
import { committedBy, type ProcessInstance } from "../support/process_instance.ts";
import { readRecording, writeRecording } from "../support/recordings.ts";
import { say } from "../support/say.ts";
import { seconds } from "../support/seconds.ts";

const ignore = kafkaBrokers().length === 0;
const catchUpMsMax = 120_000;
const partitions = 5;
const kills = 3;

const task = programCommand("state");

function state(args: readonly string[], env: Readonly<Record<string, string>>): Deno.ChildProcess {
  return new Deno.Command(Deno.execPath(), {
    args: ["run", ...task.flags, task.entry, ...args],
    env: { ENV_FILE: "", ...env },
    stdout: "piped",
    stderr: "piped",
  }).spawn();
}

/** Feeds a part of the recording and waits until it is committed. */
async function process(run: MarketRun, lines: readonly string[], instance: ProcessInstance) {
  await Deno.writeTextFile(run.recording.path, `${lines.join("\n")}\n`);
  await using producer = await run.pipeline.produce();
  const { trades } = await readRecording(run.recording.path);
  const before = (await instance.tasks()).reduce((sum, { counts }) => sum + counts.read, 0);
  await committedBy([instance], before + trades, catchUpMsMax);
  assert.equal(await producer.stop(), 0);
}

/** Ends the move without warning at some moments, later and later. */
async function killedMoves(args: readonly string[], run: MarketRun): Promise<void> {
  for (let kill = 1; kill <= kills; kill++) {
    const move = state(args, run.pipeline.environment);
    await seconds(0.8 + 0.5 * kill);
    try {
      move.kill("SIGKILL");
    } catch {
      // It was faster.
    }
    const { success } = await move.output();
    say(`kill ${kill}: ${success ? "was done before" : "in the middle"}`);
  }
}

Deno.test({
  name: "state repartition moves a state on Kafka whatever kills it, as the message says",
  ignore,
  async fn() {
    await using run = await marketRun(
      (folder) =>
        writeRecording(`${folder}/frames.jsonl`, { frames: 900, seed: 6, symbols: eightSymbols }),
      { partitions: 2 },
    );
    const all = (await Deno.readTextFile(run.recording.path)).trimEnd().split("\n");
    await run.pipeline.provision();
    await using instance = run.pipeline.instance();
    instance.start();
    await instance.program?.line("Processing");
    await process(run, all.slice(0, all.length / 2), instance);
    assert.equal(await instance.program?.stop(), 0);

    await using kafka = connectTestKafka();
    const topics = marketTopics(run.pipeline.topic, run.pipeline.application, {
      results: false,
    });
    for (const { name } of topics) await kafka.addPartitions(name, partitions);
    const refused = instance.start();
    assert.equal(await refused.ended(), 1);
    const message = refused.log.at(-1)?.message ?? "";
    assert.match(message, /as many partitions as when its state was made \(2\): it has 5/);
    const command =
      /run, with the same settings, "deno task state (.*)"$/.exec(message)?.[1]?.split(" ") ?? [];
    assert.equal(command[0], "repartition");

    await killedMoves(command, run);
    const moved = await state(command, run.pipeline.environment).output();
    const said = new TextDecoder().decode(moved.stdout) + new TextDecoder().decode(moved.stderr);
    assert.ok(moved.success, said);
    say(said.trimEnd());

    instance.start();
    await instance.program?.line("Processing");
    await process(run, all.slice(all.length / 2), instance);
    assert.equal((await instance.tasks()).length, partitions);
    assert.equal(await instance.program?.stop(), 0);
    await Deno.writeTextFile(run.recording.path, `${all.join("\n")}\n`);
    await assertResults(run);
  },
});
