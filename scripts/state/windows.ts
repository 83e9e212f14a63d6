import { resolutionName } from "../../src/market/tables.ts";
import { windowRow } from "../../src/market/job.ts";
import type { WindowRow } from "../../src/market/rows.ts";
import { keyTimes } from "../../src/streams/state/key_times.ts";
import type { KeyTime } from "../../src/streams/topology/key_state.ts";
import { storedWindows } from "../../src/streams/state/stored_windows.ts";
import type { StateStore } from "../../src/streams/ports.ts";
import { print } from "../lib/print.ts";
import { textTable } from "../lib/text_table.ts";
import type { OpenedState } from "./opened_state.ts";
import type { StateOptions } from "./options.ts";

const heading = [
  ...["SYMBOL", "LENGTH", "START", "OPEN", "HIGH", "LOW", "CLOSE", "VOLUME", "TRADES", "FINAL"],
];

/**
 * `get`, `scan`: windows as a table, with the symbol's time for `get`.
 *
 * @returns How many symbols were found.
 */
export async function showWindows(state: OpenedState, options: StateOptions): Promise<number> {
  const rows: string[][] = [];
  let symbols = 0;
  for await (const { store, time } of symbolsOf(state, options)) {
    symbols++;
    if (options.command === "get") print(describeTime(time));
    for (const row of await windowsOf(state, store, time.key, options)) rows.push(cells(row));
  }
  if (symbols > 0) { for (const line of textTable([heading, ...rows])) print(line); }
  return symbols;
}

/** `export`: windows as JSON lines, oldest first by symbol. */
export async function exportWindows(state: OpenedState, options: StateOptions): Promise<number> {
  let symbols = 0;
  for await (const { store, time } of symbolsOf(state, options)) {
    symbols++;
    for (const { kind: _, ...row } of await windowsOf(state, store, time.key, options)) {
      print(JSON.stringify(row));
    }
  }
  return symbols;
}

async function* symbolsOf(
  state: OpenedState,
  { symbol }: StateOptions,
): AsyncGenerator<{ store: StateStore; time: KeyTime }> {
  for (const input of state.inputs) {
    await using store = await state.open(input);
    for await (const time of keyTimes(store)) {
      if (symbol === undefined || time.key === symbol) yield { store, time };
    }
  }
}

/** By length, shortest first; each oldest first. */
async function windowsOf(
  state: OpenedState,
  store: StateStore,
  key: string,
  options: StateOptions,
): Promise<WindowRow[]> {
  const bySize: WindowRow[][] = [];
  for (const sizeMs of options.sizesMs) {
    bySize.push(await windowsOfSize(state, store, { key, sizeMs }, options));
  }
  return bySize.flat();
}

async function windowsOfSize(
  { job }: OpenedState,
  store: StateStore,
  { key, sizeMs }: { readonly key: string; readonly sizeMs: number },
  { limit, ...asked }: StateOptions,
): Promise<WindowRow[]> {
  const { fromMs, toMs, windowMs } = asked;
  const startMs = windowMs === undefined ? undefined : windowMs - windowMs % sizeMs;
  const range = startMs === undefined ? { fromMs, toMs } : { fromMs: startMs, toMs: startMs + 1 };
  const windows = await storedWindows(job, store, key, { sizeMs, limit, ...range });
  return windows.map(windowRow);
}

function describeTime({ key, state }: KeyTime): string {
  const streamTime = new Date(state.streamTimeMs).toISOString();
  return `${key}: stream time ${streamTime}, ${state.openWindows.length} windows not final`;
}

function cells(row: WindowRow): string[] {
  const { symbol, sizeMs, startMs, open, high, low, close, volume, count, final } = row;
  const prices = [open, high, low, close].map((price) => price === null ? "-" : String(price));
  const start = new Date(startMs).toISOString();
  const amounts = [String(volume), String(count)];
  return [symbol, resolutionName(sizeMs), start, ...prices, ...amounts, final ? "yes" : "no"];
}
