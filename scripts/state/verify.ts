import { systemClock } from "../../src/base/clock.ts";
import { describeError } from "../../src/base/errors.ts";
import { LevelStateStores } from "../../src/level/state_store.ts";
import type { StateStore } from "../../src/streams/ports.ts";
import { partitionName, type TopicPartition } from "../../src/streams/record.ts";
import { restore } from "../../src/streams/task/restore.ts";
import { Cursor } from "../../src/streams/state/cursor.ts";
import { allRows } from "../../src/streams/state/store_keys.ts";
import { print } from "../lib/print.ts";
import type { OpenedState } from "./opened_state.ts";

/**
 * `verify`: reads every row with its checksums, then compares the store with one that is rebuilt
 * from the changelog in a temporary folder.
 *
 * @returns True when nothing is wrong.
 */
export async function verifyStores(state: OpenedState): Promise<boolean> {
  let sound = true;
  for (const input of state.inputs) {
    try {
      print(`${partitionName(input)}: ${await verify(state, input)}`);
    } catch (error) {
      sound = false;
      print(`${partitionName(input)}: ${describeError(error)}`);
    }
  }
  return sound;
}

async function verify(state: OpenedState, input: TopicPartition): Promise<string> {
  await using store = await state.open(input); // reads and checks every row
  const position = store.checkpoint?.changelogPosition ?? 0;
  const committed = await state.committedPosition(input) ?? 0;
  if (position < committed) {
    return `sound; ${committed - position} entries behind the changelog, which a start restores`;
  }
  const rows = await compareWithChangelog(state, store, input);
  return `sound; ${rows} rows, as the changelog has them`;
}

async function compareWithChangelog(
  { log, changelog: topic }: OpenedState,
  store: StateStore,
  input: TopicPartition,
): Promise<number> {
  const folder = await Deno.makeTempDir({ prefix: "state-verify-" });
  try {
    await using stores = await LevelStateStores.open(folder, topic);
    const { id: changelogId } = await log.describe(topic);
    await using rebuilt = await stores.open(input, changelogId);
    const changelog = { topic, partition: input.partition };
    const { signal } = new AbortController();
    const into = { store: rebuilt, clock: systemClock, signal, onProgress() {} };
    await restore({ log, changelog, changelogId, ...into });
    return await compare(store, rebuilt);
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
}

/** Both are in the order of their keys. */
async function compare(store: StateStore, rebuilt: StateStore): Promise<number> {
  await using others = new Cursor(rebuilt.scan(allRows));
  let rows = 0;
  for await (const some of store.scan(allRows)) {
    for (const { key, value } of some) {
      if (others.row === undefined) await others.fill();
      const { row } = others;
      if (row === undefined || !isEqual(key, row.key) || !isEqual(value, row.value)) {
        throw new Error(`row ${rows} is not as the changelog has it: ${key.toHex()}`);
      }
      others.next();
      rows++;
    }
  }
  if (others.row !== undefined || await others.fill()) {
    throw new Error(`the changelog has more than ${rows} rows`);
  }
  return rows;
}

function isEqual(a: Uint8Array, b: Uint8Array): boolean {
  if (a.length !== b.length) return false;
  for (let i = 0; i < a.length; i++) if (a[i] !== b[i]) return false;
  return true;
}
