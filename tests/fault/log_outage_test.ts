/**
 * Kafka is killed while 2,000 trades a second arrive, or is down when the programs start, and is
 * reachable again later: every trade must be in the tables once, and in the order in which it was
 * received.
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
  type MarketRun,
  privateServices,
  runPartitions,
} from "../support/market_run.ts";
import type { ProcessInstance, Readiness } from "../support/process_instance.ts";
import type { Program } from "../support/program.ts";
import { framesPerSecond, outageRun } from "../support/outage_run.ts";
import { say } from "../support/say.ts";
import { seconds } from "../support/seconds.ts";
import type { RealServices } from "../support/services.ts";

const ignore = kafkaBrokers().length === 0;
const outageS = Number((ignore ? undefined : Deno.env.get("FAULT_OUTAGE_S")) ?? 6);

Deno.test({
  name: "nothing is lost while Kafka is away",
  ignore,
  async fn(t) {
    await using services = await privateServices();
    for (const when of ["before the programs start", "while they run"] as const) {
      await t.step(`as it ended ${when}`, () => survive(when, services));
    }
  },
});

async function survive(
  when: "before the programs start" | "while they run",
  services: RealServices,
): Promise<void> {
  await using outage = await outageRun({ outageS, seed: 5, services });
  const { run } = outage;
  const { pipeline } = run;
  await pipeline.provision();
  const instance = pipeline.instance();
  if (when === "before the programs start") await services.kafka.stop();
  instance.start();
  const producer = await outage.produce();
  if (when === "while they run") {
    await outage.underWay(instance);
    await services.kafka.kill();
  } else await assertWaiting(instance, producer);
  await seconds(outageS);
  const away = await spoolFrames(producer);
  await services.kafka.start();
  const read = await outage.caughtUp(instance);
  say(`${read} trades; ${away} frames waited in the spool at the end of the outage`);
  assert.ok(away > framesPerSecond * outageS / 3, `${away} frames waited`);
  await assertOrder(run);
  assert.equal(await producer.stop(), 0);
  assert.equal(await instance.program?.stop(), 0);
  say(await assertResults(run));
}

/** Both say in their logs that they wait, and give the cause where their health is asked for. */
async function assertWaiting(instance: ProcessInstance, producer: Program): Promise<void> {
  await instance.program?.line("waiting to look at the topics");
  await producer.line("Records cannot be appended; trying again");
  for (const { status, text } of [await instance.readiness(), await answer(producer, "/readyz")]) {
    assert.equal(status, 503);
    assert.match(text, /as Kafka must answer in time: /);
  }
}

/** What waits, as the producer's own metrics say. */
async function spoolFrames(producer: Program): Promise<number> {
  const { text } = await answer(producer, "/metrics");
  return Number(/^spool_frames (\d+)$/m.exec(text)?.[1]);
}

async function answer(producer: Program, path: string): Promise<Readiness> {
  const { metrics } = await producer.line("Producing");
  const response = await fetch(`${metrics}${path}`);
  return { status: response.status, text: await response.text() };
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
