import { lastWindowStart } from "../topology/windows.ts";
import type { StateStore, StoreEntry } from "../ports.ts";
import type { ExpiringTopology, HorizonState } from "./horizon.ts";
import { lengthsOf } from "./cached_key.ts";
import { decodeKeyState } from "./key_row.ts";
import type { KeyState } from "../topology/key_state.ts";
import { allKeyStates, keyOf, rowRange } from "./store_keys.ts";
import type { WriteCache } from "./write_cache.ts";

/** Keys that one commit looks at. */
const keysMax = 200;

/** Rows that one commit deletes. */
const rowsMax = 1_000;

/** What a sweep needs of a commit. */
export interface SweepSources {
  readonly topology: Pick<ExpiringTopology, "windows" | "rollUps">;
  readonly store: Pick<StateStore, "scan">;
  readonly cache: Pick<WriteCache<unknown>, "isDirty" | "forget">;
}

interface SweptKey {
  readonly key: string;
  readonly state: KeyState;
  readonly expired: boolean;
}

/**
 * Deletes what keys leave behind that no longer have events: those that have expired, and of others
 * the windows that have outlived their retention. A key with events purges its own.
 *
 * Nothing that is read depends on how far it got: a key that has expired counts as absent, and a
 * window that is deleted was closed. So it goes through the keys bit by bit, a few per commit, and
 * begins again when the horizon has moved, or the task's session is a new one.
 *
 * Owner: the task's session.
 */
export class Sweep {
  /** Where it continues; `undefined` between two rounds. */
  #next: Uint8Array | undefined;
  #sweptToMs = 0;

  /** What is to be deleted in this commit; at most `rowsMax` rows. */
  async collect(sources: SweepSources, horizon: HorizonState): Promise<StoreEntry[]> {
    if (this.#next === undefined) {
      if (horizon.expiredToMs <= this.#sweptToMs) return [];
      this.#sweptToMs = horizon.expiredToMs;
      this.#next = allKeyStates.gte;
    }
    const { store, cache } = sources;
    const entries: StoreEntry[] = [];
    const range = { ...allKeyStates, gte: this.#next, limit: keysMax };
    let looked = 0;
    for await (const rows of store.scan(range)) {
      for (const row of rows) {
        this.#next = row.key;
        const key = keyOf(row.key);
        const state = decodeKeyState(row.value);
        if (!cache.isDirty(key)) {
          const expired = state.streamTimeMs < horizon.expiredToMs;
          const done = await collectWindows(sources, { key, state, expired }, horizon, entries);
          if (!done) return entries;
          if (expired) {
            cache.forget(key);
            entries.push({ key: row.key, value: null });
          }
        }
        looked++;
      }
    }
    if (looked < keysMax) this.#next = undefined; // else the last one is looked at again
    return entries;
  }
}

/** @returns False if there are more than fit into the commit. */
async function collectWindows(
  { store, topology }: SweepSources,
  { key, state, expired }: SweptKey,
  { timeMs }: HorizonState,
  entries: StoreEntry[],
): Promise<boolean> {
  for (const [index, windows] of lengthsOf(topology).entries()) {
    const { sizeMs, retentionMs } = windows;
    const openFromMs = lastWindowStart(state.closedToMs, windows);
    const toMs = expired ? Number.MAX_SAFE_INTEGER : Math.min(timeMs - retentionMs, openFromMs);
    if (toMs <= state.streamTimeMs - retentionMs) continue; // the key's own time has purged them
    const range = rowRange(key, index === 0 ? undefined : sizeMs, 0, toMs);
    for await (const rows of store.scan({ ...range, limit: rowsMax - entries.length })) {
      for (const { key } of rows) entries.push({ key, value: null });
    }
    if (entries.length >= rowsMax) return false;
  }
  return true;
}
