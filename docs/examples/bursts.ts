/** What a card pays within ten minutes, whichever: a fraud's burst has no regard for the clock. */
import process from "node:process";
import { count, type Job, job, json, run, sliding, stream, sum } from "@finhub/streams";

export interface Payment {
  readonly card: string;
  readonly atMs: number;
  readonly cents: number;
}

interface Spent {
  readonly payments: number;
  readonly cents: number;
}

const spent = stream("payments", json<Payment>())
  .timestamp(({ atMs }) => atMs)
  .keyBy(({ card }) => card)
  .window(sliding("10m", { grace: "1m", retention: "1d" }))
  .aggregate("spent", { payments: count(), cents: sum(({ cents }) => cents) });

/** Each set of payments that lie no further apart than ten minutes is a record of `spent`. */
export const burstsJob: Job<Payment, Spent> = job("bursts")
  .to("spent", spent)
  .to("spent-finally", spent.onClose());

if (import.meta.main) {
  const [stateDir = ".state", ...brokers] = process.argv.slice(2);
  const { kafka } = await import("@finhub/streams/kafka");
  await using runtime = await kafka({ brokers, stateDir });
  await run([burstsJob], runtime);
}
