import { PipelineError } from "../../../src/base/errors.ts";
import type { KeyRange, StateStore, StateStores, StateView } from "../../../src/streams/ports.ts";

/**
 * Stores whose scans take time before and behind what they read, in which everything else continues;
 * they fail where the store is closed meanwhile.
 */
export function withSlowScans(stores: StateStores, pause: () => Promise<void>): StateStores {
  return {
    open: async (input, changelogId) => slowly(await stores.open(input, changelogId), pause),
    destroy: (input) => stores.destroy(input),
    partitions: (topic) => stores.partitions(topic),
  };
}

function slowly(store: StateStore, pause: () => Promise<void>): StateStore {
  let isOpen = true;
  async function* slow(of: StateView, range: KeyRange) {
    await pause();
    const portions = isOpen ? await Array.fromAsync(of.scan(range)) : [];
    await pause();
    if (!isOpen) throw new PipelineError("STORE_UNAVAILABLE", "Cannot scan a closed store");
    yield* portions;
  }
  return {
    get checkpoint() {
      return store.checkpoint;
    },
    get: (key) => store.get(key),
    getMany: (keys) => store.getMany(keys),
    scan: (range) => slow(store, range),
    view() {
      const view = store.view();
      return {
        get: (key) => view.get(key),
        scan: (range) => slow(view, range),
        [Symbol.asyncDispose]: () => view[Symbol.asyncDispose](),
      };
    },
    apply: (entries, checkpoint) => store.apply(entries, checkpoint),
    async [Symbol.asyncDispose]() {
      isOpen = false;
      await store[Symbol.asyncDispose]();
    },
  };
}
