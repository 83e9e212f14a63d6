import assert from "node:assert/strict";
import { say } from "../support/say.ts";
import { until } from "../support/until.ts";
import { answers } from "./answers.ts";

/** Some rounds of collecting, ms. */
const msMax = 60_000;

interface Target {
  readonly labels: Readonly<Record<string, string>>;
  readonly health: string;
}

/** Waits until Prometheus collects from all programs, and knows of so many trades. */
export async function watchedByPrometheus(trades: number): Promise<void> {
  const all = "process up, process up, produce up";
  await until(async () => await targets() === all, { what: "all targets are up", msMax });
  const items = "sum(max by (topic, partition) (stream_items_read_total))";
  await until(async () => await measured(items) === trades, { what: `${trades} trades`, msMax });
  assert.equal(await measured("sum(pipeline_ready)"), 2);
  const { version } = await ask("status/buildinfo") as { readonly version: string };
  say(`Prometheus ${version}`);
}

/** The jobs of all targets that were found, each with the target's health. */
async function targets(): Promise<string> {
  const { activeTargets } = await ask("targets?state=active") as {
    readonly activeTargets: readonly Target[];
  };
  return activeTargets.map(({ labels, health }) => `${labels["job"]} ${health}`).sort().join(", ");
}

/** The value of an expression that has one. */
async function measured(expression: string): Promise<number> {
  const { result } = await ask(`query?query=${encodeURIComponent(expression)}`) as {
    readonly result: readonly { readonly value: readonly [number, string] }[];
  };
  return Number(result[0]?.value[1]);
}

async function ask(path: string): Promise<unknown> {
  return JSON.parse(await answers(`http://127.0.0.1:9090/api/v1/${path}`)).data;
}
