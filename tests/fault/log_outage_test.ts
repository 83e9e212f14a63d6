/**
 * Kafka goes away while 2,000 trades a second arrive, in good order or killed, and comes back: every
 * trade must be in the tables once, and in the order in which it was received.
 *
 * `FAULT_OUTAGE_S` is how long it is away.
 */
import assert from "node:assert/strict";
import { connectKafka } from "../../src/kafka/connection.ts";
import { silentLogger } from "../../src/base/logger.ts";
import { recordIdentities } from "../support/durable_frames.ts";
import { kafkaBrokers } from "../support/kafka_harness.ts";
import {
  assertResults,
  eightSymbols,
  type MarketRun,
  marketRun,
  privateServices,
  runPartitions,
} from "../support/market_run.ts";
import { committedBy } from "../support/process_instance.ts";
import { writeRecording } from "../support/recordings.ts";
import { say } from "../support/say.ts";
import { seconds } from "../support/seconds.ts";
import type { RealServices } from "../support/services.ts";

const ignore = kafkaBrokers().length === 0;
const outageS = Number((ignore ? undefined : Deno.env.get("FAULT_OUTAGE_S")) ?? 6);
/** Recorded seconds per second: the recording has about 13 trades a second. */
const speed = 150;
/** Frames of one second at that speed. */
const framesPerSecond = 750;
/** What the feed sends before and after the outage. */
const aroundS = 14;
const catchUpMsMax = 180_000;

Deno.test({
  name: "nothing is lost while Kafka is away",
  ignore,
  async fn(t) {
    await using services = await privateServices();
    for (const how of ["stopped", "killed"] as const) {
      await t.step(`as it was ${how}`, () => survive(how, services));
    }
  },
});

async function survive(how: "stopped" | "killed", services: RealServices): Promise<void> {
  await using run = await marketRun(
    (folder) =>
      writeRecording(`${folder}/frames.jsonl`, {
        frames: framesPerSecond * (outageS + aroundS),
        seed: 5,
        symbols: eightSymbols,
      }),
    { services },
  );
  const { pipeline, recording } = run;
  await pipeline.provision();
  const instance = pipeline.instance();
  instance.start();
  const producer = await pipeline.produce(speed);
  await committedBy([instance], recording.trades * 4 / (outageS + aroundS), catchUpMsMax);
  await (how === "killed" ? services.kafka.kill() : services.kafka.stop());
  await seconds(outageS);
  const away = await spoolFrames(producer.log);
  await services.kafka.start();
  const read = await committedBy([instance], recording.trades, catchUpMsMax);
  say(`${read} trades; ${away} frames waited in the spool at the end of the outage`);
  assert.ok(away > framesPerSecond * outageS / 3, `${away} frames waited`);
  await assertOrder(run);
  assert.equal(await producer.stop(), 0);
  assert.equal(await instance.program?.stop(), 0);
  say(await assertResults(run));
}

/** What waits, as the producer's own metrics say. */
async function spoolFrames(log: readonly Readonly<Record<string, unknown>>[]): Promise<number> {
  const url = log.map(({ metrics }) => metrics).find((value) => typeof value === "string");
  const text = await (await fetch(`${url}/metrics`)).text();
  return Number(/^spool_frames (\d+)$/m.exec(text)?.[1]);
}

/** New records come in the order of their sequences; repeated ones may stand between them. */
async function assertOrder({ pipeline, services }: MarketRun): Promise<void> {
  await using kafka = connectKafka({
    brokers: services.kafkaUrl.split(","),
    clientId: "order",
    logger: silentLogger,
  });
  for (let partition = 0; partition < runPartitions; partition++) {
    const seen = new Set<number>();
    let greatest = -1;
    const place = { topic: pipeline.topic, partition };
    for (const { sequence } of await recordIdentities(kafka.log(), place)) {
      if (seen.has(sequence)) continue;
      assert.ok(sequence > greatest, `${partition}: ${sequence} came after ${greatest}`);
      seen.add(sequence);
      greatest = sequence;
    }
  }
}
