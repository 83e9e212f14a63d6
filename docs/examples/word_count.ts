/** Counts the words of the topic `lines`: the topic `counts` has how often each one occurred. */
import process from "node:process";
import { type Job, job, run, stream, text } from "@finhub/streams";

const words = stream("lines", text())
  .flatMap((line) => line.toLowerCase().match(/\p{L}+/gu) ?? [])
  .keyBy((word) => word)
  .count("words");

export const wordCount: Job<string, number> = job("word-count").to("counts", words);

if (import.meta.main) {
  const [stateDir = ".state", ...brokers] = process.argv.slice(2);
  const { kafka } = await import("@finhub/streams/kafka");
  await using runtime = await kafka({ brokers, stateDir });
  await run([wordCount], runtime);
}
