/** Clicks and taps of each visit, with the country that the topic `users` has for the user. */
import process from "node:process";
import {
  count,
  type Job,
  job,
  json,
  last,
  merge,
  run,
  session,
  stream,
  table,
} from "@finhub/streams";

/** A click or tap, and when it was made, epoch ms. */
export interface Click {
  readonly user: string;
  readonly atMs: number;
}

/** What is known of a user, by the name that is the record's key. */
export interface User {
  readonly country: string;
}

/** A visit: its clicks, and where the last one came from. */
export type Visit = { readonly clicks: number; readonly country: string };

const visits = merge(stream("clicks", json<Click>()), stream("taps", json<Click>()))
  .timestamp(({ atMs }) => atMs)
  .keyBy(({ user }) => user)
  .leftJoin(table("users", json(isUser)), (_click, user) => user?.country ?? "unknown")
  .window(session("30m", { grace: "5m" }))
  .aggregate("visits", { clicks: count(), country: last((country) => country) });

export const visitsByCountry: Job<Click, Visit> = job("visits-by-country")
  .to("visits-by-country", visits.onClose());

function isUser(value: unknown): value is User {
  return typeof (value as Partial<User> | null)?.country === "string";
}

if (import.meta.main) {
  const [stateDir = ".state", ...brokers] = process.argv.slice(2);
  const { kafka } = await import("@finhub/streams/kafka");
  await using runtime = await kafka({ brokers, stateDir });
  await run([visitsByCountry], runtime);
}
