/** Reports sensors that jump by five degrees or more, or have been silent for an hour. */
import process from "node:process";
import { type Job, job, json, run, stream } from "@finhub/streams";

/** A measured temperature, and when it was measured, epoch ms. */
export interface Reading {
  readonly sensor: string;
  readonly atMs: number;
  readonly celsius: number;
}

/** What is worth a look. */
export type Report =
  | { readonly sensor: string; readonly from: number; readonly to: number }
  | { readonly sensor: string; readonly silentSinceMs: number };

const hourMs = 3_600_000;

const reports = stream("temperatures", json<Reading>())
  .timestamp(({ atMs }) => atMs)
  .keyBy(({ sensor }) => sensor)
  .process("last", { reading: json<Reading>() }, {
    process(next, { key: sensor, stores: { reading }, schedule }): readonly Report[] {
      const last = reading.get();
      if (last !== undefined && next.atMs < last.atMs) return [];
      reading.put(next);
      schedule(next.atMs + hourMs);
      const [from, to] = [last?.celsius ?? next.celsius, next.celsius];
      return Math.abs(to - from) < 5 ? [] : [{ sensor, from, to }];
    },
    punctuate(timeMs, { key: sensor, stores: { reading } }) {
      const silentSinceMs = reading.get()?.atMs;
      return silentSinceMs === timeMs - hourMs ? [{ sensor, silentSinceMs }] : [];
    },
  });

export const jumps: Job<Reading, never> = job("jumps").to("reports", reports);

if (import.meta.main) {
  const [stateDir = ".state", ...brokers] = process.argv.slice(2);
  const { kafka } = await import("@finhub/streams/kafka");
  await using runtime = await kafka({ brokers, stateDir });
  await run([jumps], runtime);
}
