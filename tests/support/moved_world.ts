import assert from "node:assert/strict";
import { systemClock } from "../../src/base/clock.ts";
import { type MoveReport, moveState } from "../../src/streams/moving/move_state.ts";
import type { CommitLog, StateStores } from "../../src/streams/ports.ts";
import { jsonEngineCodecs } from "../../src/streams/state/json_engine_codecs.ts";
import type { LineageTopics } from "../../src/streams/state/lineage.ts";
import { MemoryStores } from "../../src/streams/testing/mod.ts";
import { CountingWorld } from "./counting_run.ts";
import { type Measurement, rowKey } from "./counting_topology.ts";
import { measurements } from "./measurements.ts";

/** Of the counting job, which sends measurements on. */
export const topics: LineageTopics & { readonly repartition: string } = {
  input: "input",
  changelog: "app-totals-changelog",
  repartition: "app-repartition",
};
/** Some of which go to each partition. */
export const keys: readonly string[] = Array.from(
  { length: 30 },
  (_, i) => i === 7 ? "nul\0key" : `key-${i}`,
);
export const input: readonly Measurement[][] = measurements(11, 400, keys);
export const half: number = input.length / 2;
const signal = new AbortController().signal;

type WorldOptions = ConstructorParameters<typeof CountingWorld>[0];

/** A job with roll-ups whose state can be moved. */
export function worldOf(partitions: number, options?: WorldOptions): CountingWorld {
  const world = new CountingWorld({ partitions, rollUps: true, repartition: true, ...options });
  world.log.createTopic(topics.repartition, partitions);
  return world;
}

/** Feeds records and processes them. */
export async function run(world: CountingWorld, records: readonly Measurement[][]): Promise<void> {
  await world.feed(records, 2_000_000);
  assert.equal(await world.runToEnd(), "done");
}

/** Gives all topics more partitions. */
export function addPartitions(world: CountingWorld, to: number): void {
  const all = [...Object.values(topics), "input-late", "input-dead-letters"];
  for (const topic of all) world.log.addPartitions(topic, to);
  world.partitions = to;
}

/** Moves the state to the partitions that there are. */
export function move(
  world: CountingWorld,
  { commitLog = world.log.commitLogOf("app"), of = topics, copies = new MemoryStores() }: {
    readonly commitLog?: CommitLog;
    readonly of?: LineageTopics;
    readonly copies?: StateStores;
  } = {},
): Promise<MoveReport> {
  return moveState(
    {
      log: world.log,
      commitLog,
      copies,
      codecs: jsonEngineCodecs,
      clock: systemClock,
    },
    of,
    signal,
  );
}

/** Rows of windows as values alone: write times are later after a move. */
export function windows(world: CountingWorld): Map<string, object> {
  assert.deepEqual(world.sink.violations, []);
  const rows = [...world.sink.rows.values()].filter((row) => row.kind !== "event");
  return new Map(
    rows.map((row) => [rowKey(row), { ...row, versionUs: 0 }] as const)
      .sort(([a], [b]) => a < b ? -1 : 1),
  );
}

/** What comes out where there were so many partitions from the start. */
export async function neverMoved(
  partitions: number,
  options?: WorldOptions,
): Promise<CountingWorld> {
  const world = worldOf(partitions, options);
  await run(world, input.slice(0, half));
  await run(world, input.slice(half));
  return world;
}

/** What the stores hold, by key of the row, wherever it is. */
export function contents(world: CountingWorld): string[] {
  return world.stores.contents().filter(([, key]) => key !== "6d")
    .map(([partition, key]) => `${partition} ${key}`);
}
