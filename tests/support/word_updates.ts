/** A job that reads what word count writes: how often each word's count was written, weighted. */
import process from "node:process";
import { kafka } from "../../src/runtime/kafka.ts";
import { type Job, job, json, run, stream, table } from "../../src/streams/mod.ts";

/** A word without a weight weighs one. */
const weights = table("weights", json<number>());

export const wordUpdates: Job<number, number> = job("word-updates").to(
  "word-updates",
  stream("counts", json<number>())
    .groupByKey()
    .leftJoin(weights, (_count, weight) => weight ?? 1)
    .reduce("updates", (sum, weight) => sum + weight),
);

if (import.meta.main) {
  const [stateDir = ".state", ...brokers] = process.argv.slice(2);
  await using runtime = await kafka({ brokers, stateDir });
  await run([wordUpdates], runtime);
}
