import { type Codec, decodeState } from "../topology/codec.ts";
import type { StateStore } from "../ports.ts";
import { keyTimes } from "./key_times.ts";
import type { KeyState, TaskMeta, WindowState } from "./state.ts";
import { rollUpKey } from "./store_keys.ts";
import { addedUs, writeTimeUs } from "./write_times.ts";
import type { Topology } from "../topology/topology.ts";
import type { CachedKey, WriteCache } from "./write_cache.ts";

/** What is needed to write rows again. */
export interface ReissueSources<A> {
  readonly topology: Pick<Topology<never, A, never>, "windowCodec" | "rollUps">;
  readonly keyState: Codec<KeyState>;
  readonly store: StateStore;
  readonly cache: WriteCache<A>;
}

/**
 * Moves a task's write times beyond those of rows that the sink has of input which is gone.
 *
 * @param rowsVersionUs The greatest of the sink's rows; `undefined` where no input can be gone.
 * @returns What the task knows about itself from then on.
 */
export async function aheadOfRows<A>(
  sources: ReissueSources<A>,
  meta: TaskMeta,
  rowsVersionUs: number | undefined,
): Promise<TaskMeta> {
  if (rowsVersionUs === undefined || rowsVersionUs <= writeTimeUs(meta)) return meta;
  const versionUs = rowsVersionUs + 1;
  await reissueOpenWindows(sources, versionUs);
  return { ...meta, versionUs: versionUs - addedUs(meta.rules) };
}

/**
 * Gives every window that may still change a new write time, so that the next commit writes it
 * again: the sink may show it as input has made it that is gone. One that is final cannot have
 * changed since. Receive times stay as they are.
 */
async function reissueOpenWindows<A>(
  sources: ReissueSources<A>,
  versionUs: number,
): Promise<void> {
  for await (const { key } of keyTimes(sources.store, sources.keyState)) {
    const owner = sources.cache.key(key);
    reissueWindows(sources, owner, versionUs);
    reissueRollUps(sources, owner, versionUs);
  }
}

function reissueWindows<A>(
  { cache }: ReissueSources<A>,
  owner: CachedKey<A>,
  versionUs: number,
): void {
  for (const startMs of owner.state.openWindows) {
    const window = cache.window(owner, startMs);
    if (window === undefined) continue;
    window.state.versionUs = versionUs;
    window.dirty = true;
    cache.touch(owner);
  }
}

function reissueRollUps<A>(
  { topology, store, cache }: ReissueSources<A>,
  owner: CachedKey<A>,
  versionUs: number,
): void {
  for (const [index, level] of topology.rollUps.levels.entries()) {
    for (const startMs of owner.state.rollUps[index]?.openWindows ?? []) {
      const stored = store.get(rollUpKey(owner.key, level.sizeMs, startMs));
      if (stored === undefined) continue;
      const { receivedAtMs }: WindowState<A> = decodeState(topology.windowCodec, stored);
      const rollUp = cache.rollUp(owner, index, startMs);
      rollUp.state = { ...rollUp.state, versionUs, receivedAtMs };
      rollUp.dirty = true;
      cache.touch(owner);
    }
  }
}
