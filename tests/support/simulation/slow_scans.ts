import { PipelineError } from "../../../src/base/errors.ts";
import type { StateStore, StateStores } from "../../../src/streams/ports.ts";

/**
 * Stores whose scans take time, in which everything else goes on. A scan brings what was there when
 * it began, as one of LevelDB does, and fails where its store is closed meanwhile.
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
  return {
    get checkpoint() {
      return store.checkpoint;
    },
    get: (key) => store.get(key),
    getMany: (keys) => store.getMany(keys),
    async *scan(range) {
      const portions = await Array.fromAsync(store.scan(range));
      await pause();
      if (!isOpen) throw new PipelineError("STORE_UNAVAILABLE", "Cannot scan a closed store");
      yield* portions;
    },
    apply: (entries, checkpoint) => store.apply(entries, checkpoint),
    async [Symbol.asyncDispose]() {
      isOpen = false;
      await store[Symbol.asyncDispose]();
    },
  };
}
