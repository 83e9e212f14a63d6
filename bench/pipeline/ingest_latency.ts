/**
 * How long a trade takes from the feed's socket to a record that can be read, and how many a second
 * the producer carries, with its spool on disk and without, in turn.
 *
 *     KAFKA_URL=127.0.0.1:9092 deno task dev bench:engine bench/pipeline/ingest_latency.ts --rounds 3
 */
import { benchOptions } from "../bench_options.ts";
import { print } from "../../scripts/lib/print.ts";
import { runLoad, type SpoolKind } from "./ingest_bench.ts";
import { quantile } from "./latencies.ts";
import { median } from "./median.ts";

const values = benchOptions({
  measures: "How long a trade takes from the feed to Kafka, with produce's spool and without.",
  command: "bench:engine bench/pipeline/ingest_latency.ts",
}, {
  rounds: { type: "string", default: "3", says: "how often each way is measured" },
  seconds: { type: "string", default: "10", says: "how long each round takes, s" },
  "per-frame": { type: "string", default: "5", says: "trades of a frame" },
});
const tradesPerFrame = Number(values["per-frame"]);
const kinds: readonly SpoolKind[] = ["disk", "memory"];
const rounds = Number(values.rounds);

for (const rate of [1_000, 10_000]) {
  const figures = new Map(kinds.map((kind) => [kind, { p50: [], p99: [] } as Figures]));
  for (let round = 0; round < rounds; round++) {
    for (const spool of kinds) {
      const framesPerSecond = rate / tradesPerFrame;
      const frames = framesPerSecond * Number(values.seconds);
      const { latenciesMs } = await runLoad({ spool, framesPerSecond, frames, tradesPerFrame });
      const sorted = latenciesMs.subarray(framesPerSecond).toSorted(); // without the first second
      figures.get(spool)?.p50.push(quantile(sorted, 0.5));
      figures.get(spool)?.p99.push(quantile(sorted, 0.99));
    }
  }
  for (const [kind, { p50, p99 }] of figures) {
    const [middle, high] = [median(p50).toFixed(1), median(p99).toFixed(1)];
    print(`${rate} trades/s, spool on ${kind}: p50 ${middle} ms, p99 ${high} ms`);
  }
}

interface Figures {
  readonly p50: number[];
  readonly p99: number[];
}

for (const spool of kinds) {
  const perSecond: number[] = [];
  for (let round = 0; round < rounds; round++) {
    const frames = 50_000;
    const { totalMs } = await runLoad({ spool, framesPerSecond: Infinity, frames, tradesPerFrame });
    perSecond.push(frames * tradesPerFrame * 1000 / totalMs);
  }
  print(`at most, spool on ${spool}: ${Math.round(median(perSecond))} trades/s`);
}
