/**
 * Cassandra freezes, or is killed in the middle of a batch, while 2,000 trades a second arrive: the
 * processor says so, keeps its place and its memory, and every row is there in the end.
 *
 * `FAULT_SINK_OUTAGE_S` is how long it is away; a frozen host is noticed after 12 s, one that is
 * gone at once.
 */
import assert from "node:assert/strict";
import { kafkaBrokers } from "../support/kafka_harness.ts";
import { assertResults, privateServices, runPartitions } from "../support/market_run.ts";
import type { ProcessInstance, TaskAnswer } from "../support/process_instance.ts";
import { outageRun } from "../support/outage_run.ts";
import { say } from "../support/say.ts";
import type { RealServices } from "../support/services.ts";
import { until } from "../support/until.ts";

const ignore = kafkaBrokers().length === 0;
const outageS = (usual: number) =>
  Number((ignore ? undefined : Deno.env.get("FAULT_SINK_OUTAGE_S")) ?? usual);
const noticedMsMax = 60_000;
const answeredMsMax = 30_000;
/** For so long nothing is read; a commit that was under way may still end before. */
const quietS = 3;
/** What a processor that waits may take more than one that works; it holds one commit's rows. */
const moreBytesMax = 120e6;

Deno.test({
  name: "nothing is lost while Cassandra is away",
  ignore,
  async fn(t) {
    await using services = await privateServices();
    await t.step("as it was frozen", () => survive("frozen", outageS(16), services));
    await t.step("as it was killed", () => survive("killed", outageS(4), services));
  },
});

async function survive(
  how: "frozen" | "killed",
  outageS: number,
  services: RealServices,
): Promise<void> {
  await using outage = await outageRun({ outageS, seed: 9, services });
  const { run } = outage;
  const { pipeline, recording } = run;
  const { cassandra } = services;
  await pipeline.provision();
  const instance = pipeline.instance();
  instance.start();
  const producer = await outage.produce();
  await outage.underWay(instance);
  const before = await residentBytes(instance);
  await (how === "frozen" ? cassandra.pause() : cassandra.kill());
  const away = await watch(instance, outageS).finally(() =>
    how === "frozen" ? cassandra.resume() : cassandra.start()
  );
  assert.equal(await outage.caughtUp(instance), recording.trades);
  const after = await residentBytes(instance);
  const megabytes = [before, away.residentMax, after].map((bytes) => Math.round(bytes / 1e6));
  say(`${recording.trades} trades; resident before, during, after: ${megabytes.join(", ")} MB`);
  say(`not ready after ${away.notReadyAfterS.toFixed(1)} s: ${away.problem}`);
  assert.doesNotMatch(away.problem, /node_modules|\.js:\d+/, "no stack of the driver");
  assert.ok(away.residentMax < before + moreBytesMax, "memory must not grow with the outage");
  const isReady = async () => (await instance.readiness()).status === 200;
  await until(isReady, {
    what: async () => `it is ready again: ${await instance.state()}`,
    msMax: noticedMsMax,
  });
  assert.equal(await producer.stop(), 0);
  assert.equal(await instance.program?.stop(), 0);
  say(await assertResults(run));
}

interface Watched {
  readonly residentMax: number;
  readonly notReadyAfterS: number;
  readonly problem: string;
}

/** Waits until it says so and reads nothing more, at least as long as Cassandra is to be away. */
async function watch(instance: ProcessInstance, forS: number): Promise<Watched> {
  const startedMs = performance.now();
  const elapsedS = () => (performance.now() - startedMs) / 1_000;
  let problem = "";
  await until(async () => {
    const { status, text } = await instance.readiness();
    problem = text;
    return status === 503 && text.includes("Cassandra");
  }, {
    what: () => `it says that it is not ready because of Cassandra: "${problem}"`,
    msMax: noticedMsMax,
  });
  const notReadyAfterS = elapsedS();
  let residentMax = 0;
  let items = -1;
  let quietFromS = Infinity;
  await until(async () => {
    residentMax = Math.max(residentMax, await residentBytes(instance));
    const before = items;
    items = await itemsRead(instance);
    if (items !== before) quietFromS = elapsedS();
    return elapsedS() >= Math.max(forS, quietFromS + quietS);
  }, {
    what: async () => `it reads nothing while nothing can be written: ${await instance.state()}`,
    msMax: noticedMsMax,
    lookMs: 500,
  });
  return { residentMax, notReadyAfterS, problem };
}

/** Asks until there is an answer: a busy machine may owe it for a while. */
async function itemsRead(instance: ProcessInstance): Promise<number> {
  let tasks: readonly TaskAnswer[] = [];
  const isAnswered = async () => (tasks = await instance.tasks()).length === runPartitions;
  await until(isAnswered, {
    what: async () => `${runPartitions} tasks: ${await instance.state()}`,
    msMax: answeredMsMax,
  });
  return tasks.reduce((sum, { counts }) => sum + counts.read, 0);
}

async function residentBytes(instance: ProcessInstance): Promise<number> {
  let bytes: string | undefined;
  await until(async () => {
    const text = await instance.metrics();
    bytes = /^process_resident_memory_bytes (\d+)$/m.exec(text)?.[1];
    return bytes !== undefined;
  }, { what: async () => `metrics: ${await instance.state()}`, msMax: answeredMsMax });
  return Number(bytes);
}
