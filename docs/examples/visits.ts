/** What users spend in a visit, which ends when they have done nothing for half an hour. */
import process from "node:process";
import { type Job, job, json, run, session, stream, sum } from "@finhub/streams";

export interface Click {
  readonly user: string;
  readonly atMs: number;
  readonly cents: number;
}

const visits = stream("clicks", json<Click>())
  .timestamp((click) => click.atMs)
  .reject((click) => click.cents < 0 ? "negative amount" : undefined)
  .keyBy((click) => click.user)
  .window(session("30m", { grace: "5m", retention: "1d" }))
  .aggregate("visits", { spent: sum((click) => click.cents) });

/** The topic `visits` has each visit as it is now, `closed-visits` each once, when it is over. */
export const visitsJob: Job<Click, { readonly spent: number }> = job("visits")
  .to("visits", visits)
  .to("closed-visits", visits.onClose());

if (import.meta.main) {
  const [stateDir = ".state", ...brokers] = process.argv.slice(2);
  const { kafka } = await import("@finhub/streams/kafka");
  await using runtime = await kafka({ brokers, stateDir });
  await run([visitsJob], runtime);
}
