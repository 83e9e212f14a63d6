import { resolutionName } from "../../src/market/tables.ts";
import { windowRow } from "../../src/market/job.ts";
import type { WindowRow } from "../../src/market/rows.ts";
import { decodeKeyState } from "../../src/streams/state/key_row.ts";
import type { KeyTime } from "../../src/streams/topology/key_state.ts";
import { everyWindow } from "../../src/streams/state/every_window.ts";
import { storedWindows } from "../../src/streams/state/stored_windows.ts";
import { keyStateKey } from "../../src/streams/state/store_keys.ts";
import type { StateStore } from "../../src/streams/ports.ts";
import { print, printLines } from "../lib/print.ts";
import { TextTable } from "../lib/text_table.ts";
import type { OpenedState } from "./opened_state.ts";
import type { StateOptions } from "./options.ts";
import { Progress } from "./progress.ts";

const heading = [
  ...["SYMBOL", "LENGTH", "START", "OPEN", "HIGH", "LOW", "CLOSE", "VOLUME", "TRADES", "FINAL"],
];

/**
 * `get`, `scan`: windows as a table, with the symbol's time for `get`.
 *
 * @returns False where a symbol is asked for that is not there.
 */
export async function showWindows(state: OpenedState, options: StateOptions): Promise<boolean> {
  const table = new TextTable();
  let head: readonly (readonly string[])[] = [heading];
  return await eachPortion(state, options, (rows, time) => {
    if (options.command === "get" && time !== undefined) print(describeTime(time));
    printLines(table.lines([...head, ...rows.map(cells)]));
    head = [];
  });
}

/**
 * `export`: windows as JSON lines, oldest first by symbol.
 *
 * @returns As `showWindows`.
 */
export async function exportWindows(state: OpenedState, options: StateOptions): Promise<boolean> {
  return await eachPortion(state, options, (rows) => {
    printLines(rows.map((row) => JSON.stringify({ ...row, kind: undefined })));
  });
}

/** Gets windows, and the symbol with its time where one is asked for. */
type Show = (rows: readonly WindowRow[], time?: KeyTime) => void;

/** Shows what is asked for, some thousand windows at a time, or one symbol at once. */
async function eachPortion(
  state: OpenedState,
  options: StateOptions,
  show: Show,
): Promise<boolean> {
  const { symbol: key, limit } = options;
  const progress = new Progress("windows");
  let found = key === undefined;
  for (const input of state.inputs) {
    await using store = await state.open(input);
    const row = key === undefined ? undefined : store.get(keyStateKey(key));
    if (key === undefined) {
      const query = { ...options, limit: limit === Number.MAX_SAFE_INTEGER ? Infinity : limit };
      for await (const windows of everyWindow(state.job, store, query)) {
        show(windows.map(windowRow));
        progress.add(windows.length);
      }
    } else if (row !== undefined) {
      found = true;
      show(await windowsOf(state, store, key, options), { key, state: decodeKeyState(row) });
    }
  }
  return found;
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
