import { resolutionName, summaryWindowMs } from "../../src/market/tables.ts";
import { windowRow } from "../../src/market/topology.ts";
import type { WindowRow } from "../../src/market/rows.ts";
import { decodeState } from "../../src/streams/topology/codec.ts";
import { type KeyTime, keyTimes } from "../../src/streams/state/key_times.ts";
import type { KeyRange, StateStore } from "../../src/streams/ports.ts";
import { rollUpRange, windowRange, windowStartOf } from "../../src/streams/state/store_keys.ts";
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
    for await (const time of keyTimes(store, state.codecs.keyState)) {
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
  { codecs }: OpenedState,
  store: StateStore,
  { key, sizeMs }: { readonly key: string; readonly sizeMs: number },
  { limit, ...asked }: StateOptions,
): Promise<WindowRow[]> {
  const rows: WindowRow[] = [];
  const range = { ...rangeOf(key, sizeMs, asked), reverse: true, limit };
  for await (const entry of store.scan(range)) {
    const startMs = windowStartOf(entry.key);
    const state = decodeState(codecs.windowState, entry.value);
    rows.push(windowRow({ key, startMs, endMs: startMs + sizeMs, state }));
  }
  return rows.reverse();
}

function rangeOf(
  key: string,
  sizeMs: number,
  { fromMs, toMs, windowMs }: Pick<StateOptions, "fromMs" | "toMs" | "windowMs">,
): KeyRange {
  const startMs = windowMs === undefined ? undefined : windowMs - windowMs % sizeMs;
  const [from, to] = startMs === undefined ? [fromMs, toMs] : [startMs, startMs + 1];
  return sizeMs === summaryWindowMs
    ? windowRange(key, from, to)
    : rollUpRange(key, sizeMs, from, to);
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
