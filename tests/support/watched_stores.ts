import { PipelineError } from "../../src/base/errors.ts";
import type { StateStore, StateStores } from "../../src/streams/ports.ts";
import type { TopicPartition } from "../../src/streams/record.ts";

/** Stores that remember how openings went and what was thrown away. */
export class WatchedStores implements StateStores {
  readonly #stores: StateStores;
  /** Code of each failed opening, checkpoint of each other one, in order, per partition. */
  readonly openings: Map<number, (string | number | undefined)[]> = new Map();
  readonly destroyed: Set<number> = new Set();

  constructor(stores: StateStores) {
    this.#stores = stores;
  }

  async open(input: TopicPartition, changelogId: string): Promise<StateStore> {
    const openings = this.openings.get(input.partition) ?? [];
    this.openings.set(input.partition, openings);
    try {
      const store = await this.#stores.open(input, changelogId);
      openings.push(store.checkpoint?.changelogPosition);
      return store;
    } catch (error) {
      openings.push(error instanceof PipelineError ? error.code : String(error));
      throw error;
    }
  }

  async destroy(input: TopicPartition): Promise<void> {
    this.destroyed.add(input.partition);
    await this.#stores.destroy(input);
  }

  partitions(topic: string): Promise<number[]> {
    return this.#stores.partitions(topic);
  }
}
