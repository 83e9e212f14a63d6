/**
 * How long partitions wait when their owner dies: from the moment it is killed, held still or cut off
 * until another instance has committed each of them, as a histogram.
 *
 *     KAFKA_URL=127.0.0.1:9092 SCHEMA_REGISTRY_URL=http://127.0.0.1:8081/apis/ccompat/v7 \
 *     deno task dev bench:engine bench/pipeline/take_over.ts --times 50 --by kill,stop,cut
 *
 * Two instances of `process` with a standby of each partition read a thousand trades a second.
 * In turn one of them is killed with SIGKILL and started again, or held still with SIGSTOP or cut off
 * from the network (as the superuser, by `nft`) for some seconds, after which it continues and must
 * notice what it has lost. The next one follows once both own partitions again and every standby is
 * current.
 *
 * `--pauses-min 60` then holds one of them still for a second every few seconds, for so many minutes:
 * none may lose a partition.
 */
import { benchOptions } from "../bench_options.ts";
import { print } from "../../scripts/lib/print.ts";
import { Pipeline } from "../../tests/support/pipeline.ts";
import type { ProcessInstance, TaskAnswer } from "../../tests/support/process_instance.ts";
import { Program } from "../../tests/support/program.ts";
import { seconds } from "../../tests/support/seconds.ts";
import { until } from "../../tests/support/until.ts";
import { histogram, quantile } from "./latencies.ts";
import { PacedFeed } from "./paced_feed.ts";
import { startApart, type Strike, strikes } from "./strikes.ts";

const values = benchOptions({
  measures: "How long partitions wait when their owner dies, is held still or cut off.",
  command: "bench:engine bench/pipeline/take_over.ts",
}, {
  times: { type: "string", default: "20", says: "how often an owner dies" },
  by: { type: "string", default: "kill,stop", says: "how, in turn: kill, stop, cut" },
  partitions: { type: "string", default: "4", says: "of the topic" },
  "commit-ms": { type: "string", default: "100", says: "time between commits, ms" },
  "still-s": { type: "string", default: "5", says: "how long it is held still or cut off, s" },
  "pauses-min": {
    type: "string",
    default: "0",
    says: "then pauses of a second for so long, min: none may lose a partition",
  },
});
const partitions = Number(values.partitions);
const waitMsMax = 120_000;

/** Trades of the feed; every partition has some in each of its commits. */
const load = { frames: 10_000_000, framesPerSecond: 200, tradesPerFrame: 5, symbols: 64 };

/** Records that a standby may lack while its partition is written to. */
const standbyLagMax = 200;

const running = (tasks: readonly TaskAnswer[]) => tasks.filter(({ state }) => state === "running");

async function standbysAreCurrent(instance: ProcessInstance): Promise<boolean> {
  const metrics = await instance.metrics();
  const lags = [...metrics.matchAll(/^stream_standby_lag_records\{.*\} (\d+)$/gm)];
  return lags.length > 0 && lags.every(([, lag]) => Number(lag) <= standbyLagMax);
}

/** Both own partitions, all have committed, and each is the standby of the other. */
async function isSettled(instances: readonly ProcessInstance[]): Promise<boolean> {
  const owned = await Promise.all(instances.map(async (one) => running(await one.tasks())));
  const all = owned.flat();
  if (owned.some((tasks) => tasks.length === 0) || all.length !== partitions) return false;
  if (all.some(({ last_commit: at }) => at === null)) return false;
  return (await Promise.all(instances.map(standbysAreCurrent))).every((is) => is);
}

/** Times until each of the victim's partitions was committed by the other one, ms. */
async function takenOver(
  { strike }: Strike,
  victim: ProcessInstance,
  other: ProcessInstance,
): Promise<number[]> {
  const lost = running(await victim.tasks()).map(({ partition }) => partition);
  const goneMs = Date.now();
  await strike(victim);
  const found = new Map<number, number>();
  await until(async () => {
    for (const { partition, last_commit: at } of running(await other.tasks())) {
      if (lost.includes(partition) && at !== null && at > goneMs && !found.has(partition)) {
        found.set(partition, at - goneMs);
      }
    }
    return found.size === lost.length;
  }, { what: () => other.state(), msMax: waitMsMax, lookMs: 20 });
  return [...found.values()];
}

async function allSettled(instances: readonly ProcessInstance[]): Promise<void> {
  const settled = () => isSettled(instances);
  const state = async () => (await Promise.all(instances.map((one) => one.state()))).join("\n");
  await until(settled, { what: state, msMax: waitMsMax, lookMs: 200 });
}

async function measure(by: string, instances: readonly ProcessInstance[]): Promise<void> {
  const way = strikes(Number(values["still-s"]) * 1_000)[by];
  if (way === undefined) throw new Error(`--by must list kill, stop or cut: ${by}`);
  const times: number[] = [];
  for (let round = 0; round < Number(values.times); round++) {
    await allSettled(instances);
    await seconds(1);
    const victim = instances[round % instances.length] as ProcessInstance;
    const other = instances[(round + 1) % instances.length] as ProcessInstance;
    times.push(...await takenOver(way, victim, other));
    await way.recover(victim);
  }
  const sorted = Float64Array.from(times).sort();
  const [p50, p95, most] = [0.5, 0.95, 1].map((share) => Math.round(quantile(sorted, share)));
  print(
    `${by}: ${values.times} times, ${sorted.length} partitions taken over: ` +
      `p50 ${p50} ms, p95 ${p95} ms, at most ${most} ms`,
  );
  print(histogram(sorted));
}

/** How often instances have taken another one for dead. */
function removals(instances: readonly ProcessInstance[]): number {
  const lines = instances.flatMap(({ program }) => program?.log ?? []);
  return lines.filter(({ message }) => message.startsWith("removed a dead member")).length;
}

/** Holds instances still for a second, in turn, for so many minutes. */
async function pauses(minutes: number, instances: readonly ProcessInstance[]): Promise<void> {
  await allSettled(instances);
  const [before, endMs] = [removals(instances), performance.now() + minutes * 60_000];
  let count = 0;
  for (; performance.now() < endMs; count++) {
    const { program } = instances[count % instances.length] as ProcessInstance;
    await program?.pause();
    await seconds(1);
    program?.resume();
    await seconds(3);
  }
  await allSettled(instances);
  const evicted = removals(instances) - before;
  print(
    `${count} pauses of a second in ${minutes} minutes: ${evicted} times one was taken for dead`,
  );
}

const services = Object.fromEntries(
  ["KAFKA_URL", "SCHEMA_REGISTRY_URL"].flatMap((name) => {
    const value = Deno.env.get(name);
    return value === undefined ? [] : [[name, value]];
  }),
);
const folder = await Deno.makeTempDir({ prefix: "bench-" });
{
  await using pipeline = new Pipeline({
    services,
    name: crypto.randomUUID().slice(0, 8),
    stateDir: `${folder}/state`,
    symbols: ["ALL"],
    partitions,
    settings: {
      RESULTS: "none",
      TRADES_TABLES: "",
      STANDBY_REPLICAS: "1",
      COMMIT_INTERVAL_MS: String(values["commit-ms"]),
    },
  });
  await pipeline.provision();
  await using feed = new PacedFeed(load);
  await using _produce = new Program("produce", {
    env: { ...pipeline.environment, FINHUB_API_URL: feed.url },
  });
  const instances = [pipeline.instance("-a"), pipeline.instance("-b")];
  startApart(instances);
  for (const by of values.by.split(",").filter((by) => by !== "")) await measure(by, instances);
  if (Number(values["pauses-min"]) > 0) await pauses(Number(values["pauses-min"]), instances);
}
await Deno.remove(folder, { recursive: true });
