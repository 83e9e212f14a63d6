import { decodeState } from "../../src/streams/topology/codec.ts";
import type { StateStore } from "../../src/streams/ports.ts";
import { partitionName, type TopicPartition } from "../../src/streams/record.ts";
import { allRows, isKeyState, metaKey } from "../../src/streams/state/store_keys.ts";
import { print } from "../lib/print.ts";
import { textTable } from "../lib/text_table.ts";
import type { OpenedState } from "./opened_state.ts";

const heading = ["PARTITION", "BYTES", "ROWS", "SYMBOLS", "INPUT OFFSET", "CHANGELOG", "BEHIND"];

/** `ls`: one line for each store. */
export async function listStores(state: OpenedState): Promise<void> {
  const lines: string[][] = [];
  for (const input of state.inputs) {
    await using store = await state.open(input);
    lines.push(await describe(state, store, input));
  }
  for (const line of textTable([heading, ...lines])) print(line);
}

async function describe(
  { folder, codecs, committedPosition }: OpenedState,
  store: StateStore,
  input: TopicPartition,
): Promise<string[]> {
  const stored = store.get(metaKey);
  const position = store.checkpoint?.changelogPosition;
  const meta = stored === undefined ? undefined : decodeState(codecs.meta, stored);
  const { rows, symbols } = await countRows(store);
  const committed = await committedPosition(input).catch(() => undefined);
  return [
    partitionName(input),
    String(await bytesIn(`${folder}/${partitionName(input)}`)),
    String(rows),
    String(symbols),
    String(meta?.inputOffset ?? "-"),
    String(position ?? "-"),
    // A copy that a standby read stands behind the end of the transaction, which is an offset, too.
    committed === undefined ? "-" : String(Math.max(0, committed - (position ?? 0))),
  ];
}

async function countRows(
  store: StateStore,
): Promise<{ readonly rows: number; readonly symbols: number }> {
  let rows = 0;
  let symbols = 0;
  for await (const some of store.scan(allRows)) {
    rows += some.length;
    for (const { key } of some) if (isKeyState(key)) symbols++;
  }
  return { rows, symbols };
}

/** What the files of a store take. */
async function bytesIn(folder: string): Promise<number> {
  let bytes = 0;
  for await (const { name, isFile } of Deno.readDir(folder)) {
    if (isFile) bytes += (await Deno.stat(`${folder}/${name}`)).size;
  }
  return bytes;
}
