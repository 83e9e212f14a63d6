import { assert } from "../../base/assert.ts";
import type { StateStore } from "../ports.ts";
import { decodeState } from "../topology/codec.ts";
import { type WindowResult, windowResult } from "../topology/topology.ts";
import {
  type CachedKey,
  type KeyTopology,
  lengthsOf,
  readKey,
  windowsWithRows,
} from "./cached_key.ts";
import { openWindows } from "./open_roll_ups.ts";
import type { WindowState } from "../topology/key_state.ts";
import { rowRange, windowStartOf } from "./store_keys.ts";

/** Which of a key's windows are asked for: those of a length that start in `[fromMs, toMs)`. */
export interface StoredWindowsQuery {
  readonly sizeMs: number;
  readonly fromMs: number;
  readonly toMs: number;
  /** Of more than that the newest, >= 1. */
  readonly limit: number;
}

/**
 * The windows of a key as one commit has made them, oldest first: the closed ones from rows of their
 * own, the open ones from that of the key.
 *
 * @throws {InvariantError} If the job has no windows of that length.
 */
export async function storedWindows<A>(
  job: KeyTopology<A>,
  store: Pick<StateStore, "view">,
  key: string,
  { sizeMs, fromMs, toMs, limit }: StoredWindowsQuery,
): Promise<WindowResult<A>[]> {
  const length = lengthsOf(job).findIndex((windows) => windows.sizeMs === sizeMs);
  assert(length >= 0, `no windows of ${sizeMs} ms`);
  await using view = store.view();
  const found = new Map<number, WindowState<A>>();
  for (const { startMs, state } of openWindowsOf(job, view, key)[length] ?? []) {
    if (startMs >= fromMs && startMs < toMs) found.set(startMs, state);
  }
  const range = rowRange(key, length === 0 ? undefined : sizeMs, fromMs, toMs);
  let left = limit;
  const rows = job.windows.sessions === true ? range : { ...range, limit };
  scanning: for await (const some of view.scan({ ...rows, reverse: true })) {
    for (const row of some) {
      const state = decodeState(job.windowCodec, row.value);
      const startMs = windowStartOf(row.key);
      found.set(startMs, state);
      if (state.withdrawn === true) found.delete(startMs);
      else if (--left === 0) break scanning;
    }
  }
  return [...found].sort(([a], [b]) => a - b).slice(-limit)
    .map(([startMs, state]) => windowResult(job, { key, startMs, sizeMs }, state));
}

/** What is open of a key. */
export interface OpenKey<A> {
  /** Greatest event time seen for the key, epoch ms. */
  readonly streamTimeMs: number;
  /** Of every length, the shortest first, each ascending. */
  readonly windows: readonly WindowResult<A>[];
}

/** The open windows of a key that start at `fromMs` or later, as of its last commit. */
export function openKey<A>(
  job: KeyTopology<A>,
  store: Pick<StateStore, "get" | "view">,
  key: string,
  fromMs: number,
): OpenKey<A> | undefined {
  const owner = readKey(job, store, key);
  if (owner === undefined) return undefined;
  if (windowsWithRows(job, owner).length === 0) return openOf(job, store, owner, fromMs);
  // Of several rows, which a commit may come between.
  const view = store.view();
  try {
    const seen = readKey(job, view, key);
    return seen && openOf(job, view, seen, fromMs);
  } finally {
    void view[Symbol.asyncDispose]();
  }
}

function openOf<A>(
  job: KeyTopology<A>,
  rows: Pick<StateStore, "get">,
  owner: CachedKey<A>,
  fromMs: number,
): OpenKey<A> {
  const lengths = lengthsOf(job);
  const windows = openWindows(job, rows, owner).flatMap((ofLength, length) => {
    const sizeMs = lengths[length]?.sizeMs as number;
    return ofLength.filter(({ startMs }) => startMs >= fromMs)
      .map(({ startMs, state }) => windowResult(job, { key: owner.key, startMs, sizeMs }, state));
  });
  return { streamTimeMs: owner.state.streamTimeMs, windows };
}

/** The open windows of a key as of its last commit, by length, each ascending. */
export function openWindowsOf<A>(
  job: KeyTopology<A>,
  store: Pick<StateStore, "get">,
  key: string,
): { readonly startMs: number; readonly state: WindowState<A> }[][] {
  const owner = readKey(job, store, key);
  return owner === undefined ? [] : openWindows(job, store, owner);
}
