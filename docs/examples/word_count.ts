/** Counts the words of the topic `lines`: the topic `counts` has how often each one occurred. */
import { type Job, job, run, stream, text } from "../../src/streams/mod.ts";

const words = stream("lines", text())
  .flatMap((line) => line.toLowerCase().match(/\p{L}+/gu) ?? [])
  .keyBy((word) => word)
  .count("words");

export const wordCount: Job<string, number> = job("word-count").to("counts", words);

if (import.meta.main) {
  const [stateDir = ".state", ...brokers] = Deno.args;
  const { kafka } = await import("../../src/runtime/mod.ts");
  await using runtime = await kafka({ brokers, stateDir });
  await run([wordCount], runtime);
}
