import type { StateStore } from "../ports.ts";
import { keyTimes } from "./key_times.ts";
import type { TaskMeta } from "./state.ts";
import { addedUs, writeTimeUs } from "./write_times.ts";
import type { WriteCache } from "./write_cache.ts";

/** What is needed to write rows again. */
export interface ReissueSources<A> {
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
  { store, cache }: ReissueSources<A>,
  versionUs: number,
): Promise<void> {
  for await (const { key } of keyTimes(store)) {
    const owner = cache.key(key);
    for (const window of [...owner.windows, ...owner.closedParts]) {
      if (window === undefined) continue;
      cache.opened(owner, window).state.versionUs = versionUs;
      cache.changed(owner, window);
    }
  }
}
