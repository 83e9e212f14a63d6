import { systemClock } from "../../src/base/clock.ts";
import { LevelStateStores } from "../../src/level/state_store.ts";
import { parseCommitMetadata } from "../../src/streams/commit/commit_metadata.ts";
import { moveState } from "../../src/streams/moving/move_state.ts";
import { repartitionTopic } from "../../src/streams/topology/topology.ts";
import { print, printError } from "../lib/print.ts";
import type { IdleState } from "./idle_state.ts";

/**
 * `repartition`: gives every topic of the job more partitions, and moves the state to them.
 *
 * Whatever ends it, it can be run again, and continues.
 *
 * @returns False when something is in the way; nothing is changed then.
 */
export async function repartitionState(
  state: IdleState,
  { yes, partitions }: { readonly yes: boolean; readonly partitions: number | undefined },
): Promise<boolean> {
  const present = await state.partitionsOf(state.topic) ?? 0;
  const wanted = partitions ?? present;
  const obstacle = await state.obstacle() ?? await fewer(state, wanted);
  if (obstacle !== undefined) {
    printError(`Cannot repartition as ${obstacle}`);
    return false;
  }
  await printPlan(state, wanted);
  if (!yes) {
    const asked = partitions === undefined ? "" : ` ${partitions}`;
    print(`Nothing was done. "deno task state repartition${asked} --yes${state.options}" does it.`);
    return true;
  }
  const codecs = await state.codecs();
  for (const { name } of state.topics) {
    const has = await state.partitionsOf(name) ?? 0;
    if (has < wanted) await state.addPartitions(name, wanted);
  }
  await move(state, codecs);
  print(`Done. ${state.program} can be started.`);
  return true;
}

async function fewer(state: IdleState, wanted: number): Promise<string | undefined> {
  for (const { name } of state.topics) {
    const has = await state.partitionsOf(name) ?? 0;
    if (has > wanted) return `no topic may get fewer partitions: ${name} has ${has}, not ${wanted}`;
  }
  return undefined;
}

async function printPlan(state: IdleState, wanted: number): Promise<void> {
  for (const { name } of state.topics) {
    print(`topic ${name}: ${await state.partitionsOf(name) ?? 0} partitions, then ${wanted}`);
  }
  const positions = await state.commitLog.positions();
  const made = positions.filter(({ topic }) => topic === state.topic)
    .flatMap(({ metadata }) => parseCommitMetadata(metadata)?.lineage.partitions ?? []);
  print(`state: made for ${[...new Set(made)].join(" and ") || "no"} partitions, then ${wanted}`);
}

/** Copies the changelogs to a folder for as long as it takes. */
async function move(state: IdleState, codecs: Awaited<ReturnType<IdleState["codecs"]>>) {
  const { topic: input, changelog, applicationId, log, commitLog } = state;
  const folder = await Deno.makeTempDir({ prefix: "state-repartition-" });
  try {
    await using copies = await LevelStateStores.open(folder, changelog);
    const ports = { log, commitLog, copies, codecs, clock: systemClock };
    const topics = { input, changelog, repartition: repartitionTopic(applicationId) };
    const { from, to, copied, deleted, unread } = await moveState(
      ports,
      topics,
      new AbortController().signal,
    );
    print(`state: from ${from} to ${to} partitions; ${copied} entries copied, ${deleted} deleted`);
    if (unread === 0) return;
    print(`input: ${unread} records wait; those whose key has moved are sent on as they are read`);
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
}
