/**
 * Records that should exist are gone while the processor is down: at its next start the task says
 * what is missing and stops; it neither jumps over the gap nor tries again and again.
 */
import assert from "node:assert/strict";
import type { KafkaConnection } from "../../src/kafka/connection.ts";
import type { Offset } from "../../src/streams/record.ts";
import { connectTestKafka, kafkaBrokers } from "../support/kafka_harness.ts";
import { eightSymbols, type MarketRun, marketRun, runPartitions } from "../support/market_run.ts";
import { committedBy, type ProcessInstance, type Readiness } from "../support/process_instance.ts";
import { writeRecording } from "../support/recordings.ts";

const ignore = kafkaBrokers().length === 0;
const waitMsMax = 60_000;
/** Time in which a task that tries again would be seen to, ms. */
const watchMs = 2_000;
const partition = 1;

const pause = (ms: number) => new Promise((resolve) => setTimeout(resolve, ms));

/** What the test needs of a pipeline that has committed a whole recording, and is down. */
interface StoppedRun extends AsyncDisposable {
  readonly run: MarketRun;
  readonly kafka: KafkaConnection;
  /** Next input offset of the partition. */
  readonly committed: Offset;
}

async function stoppedRun(): Promise<StoppedRun> {
  await using opening = new AsyncDisposableStack();
  const kafka = opening.use(connectTestKafka());
  const run = opening.use(
    await marketRun((folder) =>
      writeRecording(`${folder}/frames.jsonl`, { frames: 400, seed: 3, symbols: eightSymbols })
    ),
  );
  await createDeletableChangelog(kafka, run);
  await run.pipeline.provision();
  const committed = await commitAll(run);
  const resources = opening.move();
  return { run, kafka, committed, [Symbol.asyncDispose]: () => resources.disposeAsync() };
}

/** Kafka refuses to delete records of a topic that is only compacted. */
async function createDeletableChangelog(kafka: KafkaConnection, run: MarketRun): Promise<void> {
  const config = { "cleanup.policy": "compact,delete", "retention.ms": "-1" };
  const shape = { partitions: runPartitions, replicationFactor: 1, config };
  await kafka.ensureTopics([{ name: run.changelog, ...shape }]);
}

/** @returns The partition's next input offset. */
async function commitAll({ pipeline, recording }: MarketRun): Promise<Offset> {
  const instance = pipeline.instance();
  instance.start();
  await pipeline.produce();
  await committedBy([instance], recording.trades, waitMsMax);
  const task = (await instance.tasks()).find((answer) => answer.partition === partition);
  assert.equal(await instance.program?.stop(), 0);
  return task?.committed_offset ?? 0;
}

/** Waits until a started instance says that it is not ready because of a partition. */
async function refusal(instance: ProcessInstance, place: string): Promise<Readiness> {
  const deadline = performance.now() + waitMsMax;
  while (performance.now() < deadline) {
    const answer = await instance.readiness();
    if (answer.status === 503 && answer.text.includes(place)) return answer;
    await pause(100);
  }
  assert.fail(`it does not complain about ${place}: ${JSON.stringify(await instance.readiness())}`);
}

/** Starts the processor; asserts that it stops at the gap, says so, and leaves it at that. */
async function assertStopsAt({ pipeline }: MarketRun, place: string, words: RegExp): Promise<void> {
  const instance = pipeline.instance();
  const program = instance.start();
  const { text } = await refusal(instance, place);
  assert.match(text, words);
  await pause(watchMs);
  const failures = program.log.filter(({ message }) => message === "task failed");
  assert.equal(failures.length, 1, "the task must not try again");
  assert.equal(failures[0]?.["then"], "stop");
  const others = (await instance.tasks()).filter((task) => task.partition !== partition);
  assert.deepEqual(others.map(({ state }) => state), Array(runPartitions - 1).fill("running"));
  assert.equal((await instance.readiness()).status, 503);
  assert.equal(await program.stop(), 0);
}

/** Feeds the recording once more, and waits until the partition has grown by so much. */
async function feedMore(
  kafka: KafkaConnection,
  { pipeline }: MarketRun,
  until: Offset,
): Promise<void> {
  await using _produce = await pipeline.produce();
  const log = kafka.log();
  while ((await log.bounds({ topic: pipeline.topic, partition })).endOffset < until) {
    await pause(50);
  }
}

Deno.test({
  name: "a task stops where input was deleted before it was read",
  ignore,
  async fn() {
    await using stopped = await stoppedRun();
    const { run, kafka, committed } = stopped;
    const input = { topic: run.pipeline.topic, partition };
    const start = committed + 5;
    await feedMore(kafka, run, start + 1);
    await kafka.deleteRecords(input, start);
    const place = `${input.topic}-${partition}`;
    const what =
      `Cannot read ${place} from offset ${committed} as the topic holds ${start} to \\d+`;
    await assertStopsAt(run, place, new RegExp(`${what}.*reset`));
  },
});

Deno.test({
  name: "a task stops where its changelog was deleted, with its state and without",
  ignore,
  async fn() {
    await using stopped = await stoppedRun();
    const { run, kafka } = stopped;
    const start = 3;
    await kafka.deleteRecords({ topic: run.changelog, partition }, start);
    const place = `${run.changelog}-${partition}`;
    await assertStopsAt(run, place, new RegExp(`${place}.*holds ${start} to \\d+`));
    await Deno.remove(run.pipeline.environment["STATE_DIR"] ?? "", { recursive: true });
    const what = `Cannot restore ${place} from offset 0 as the changelog holds ${start} to \\d+`;
    await assertStopsAt(run, place, new RegExp(`${what}.*reset`));
  },
});
