import { systemClock } from "../../src/base/clock.ts";
import {
  beginGeneration,
  type GenerationStart,
  generationStart,
} from "../../src/streams/commit/new_generation.ts";
import { wholeFromOfAll } from "../../src/streams/state/cut_input.ts";
import type { StateCodecs } from "../../src/registry/state_codecs.ts";
import type { JobTopic } from "../../src/streams/topology/job_topics.ts";
import { repartitionTopic } from "../../src/streams/topology/topology.ts";
import { print, printError } from "../lib/print.ts";
import type { IdleState } from "./idle_state.ts";

/**
 * `reset`: says what would be deleted, or deletes it and begins a new generation of every task.
 *
 * Everything that the new generation needs is there, or made, before the first deletion.
 *
 * @returns False when something is in the way; nothing is deleted then.
 */
export async function resetState(
  state: IdleState,
  { yes }: { readonly yes: boolean },
): Promise<boolean> {
  const obstacle = await state.obstacle();
  if (obstacle !== undefined) {
    printError(`Cannot reset as ${obstacle}`);
    return false;
  }
  const internal = state.topics.filter(({ role }) =>
    role === "changelog" || role === "repartition"
  );
  const partitions = await state.partitionsOf(state.topic) ?? 0;
  const wholeFromsMs = await wholeFroms(state, partitions);
  if (!yes) {
    await printPlan("Would delete", state, internal);
    printCut(wholeFromsMs);
    print(`Nothing was done. "deno task state reset --yes${state.options}" does it.`);
    return true;
  }
  const codecs = await state.codecs();
  const starts = await generationStarts(state, codecs);
  await printPlan("Deleting", state, internal);
  printCut(wholeFromsMs);
  for (const partition of await state.stores.partitions(state.topic)) {
    await state.stores.destroy({ topic: state.topic, partition });
  }
  await state.recreate(internal, partitions);
  for (let partition = 0; partition < partitions; partition++) {
    const { topic, changelog, applicationId } = state;
    const place = {
      input: { topic, partition },
      changelog: { topic: changelog, partition },
      repartition: { topic: repartitionTopic(applicationId), partition, partitions },
    };
    const start = starts[partition] ?? { startMs: systemClock.nowMs(), changes: 1 };
    const { inputOffset } = await beginGeneration({ ...state, codecs }, place, {
      ...start,
      wholeFromMs: wholeFromsMs[partition] ?? null,
    });
    print(`  ${topic}-${partition} begins at offset ${inputOffset}`);
  }
  print(
    `Done. When ${state.program} starts next, it computes everything from the start of the input.`,
  );
  return true;
}

async function printPlan(
  verb: string,
  state: IdleState,
  internal: readonly JobTopic[],
): Promise<void> {
  print(`${verb}:`);
  for (const { name } of internal) {
    const partitions = await state.partitionsOf(name);
    if (partitions !== undefined) print(`  topic ${name}, ${partitions} partitions`);
  }
  const { applicationId, topic, folder, program } = state;
  print(`  place of group ${applicationId} in ${topic}: it begins again at the start of the topic`);
  const everywhere = program === "process" ? "; do the same on every machine that has one" : "";
  print(`  folder ${folder}${everywhere}`);
}

/** By partition; none where there is no changelog any more. */
async function generationStarts(
  state: IdleState,
  codecs: StateCodecs,
): Promise<GenerationStart[]> {
  const { changelog: topic, log } = state;
  const partitions = await state.partitionsOf(topic) ?? 0;
  const nowMs = systemClock.nowMs();
  const { signal } = new AbortController();
  const starts: GenerationStart[] = [];
  for (let partition = 0; partition < partitions; partition++) {
    starts.push(
      await generationStart({ log, codecs }, { topic, partition }, nowMs, signal),
    );
  }
  return starts;
}

/** From which start on windows lack nothing, by partition, as the input is now. */
async function wholeFroms(
  { log, topic, job }: IdleState,
  partitions: number,
): Promise<(number | null)[]> {
  const inputs = Array.from({ length: partitions }, (_, partition) => ({ topic, partition }));
  return await wholeFromOfAll(log, inputs, job);
}

function printCut(wholeFromsMs: readonly (number | null)[]): void {
  const wholeFromMs = Math.max(...wholeFromsMs.map((fromMs) => fromMs ?? 0));
  if (wholeFromMs === 0) return;
  print("The beginning of the input has been deleted. Windows and candles that start before");
  print(`${new Date(wholeFromMs).toISOString()} may lack trades: their rows stay as they are.`);
}
