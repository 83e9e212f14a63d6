import type { StateStore, StateStores } from "../ports.ts";
import type { TopicPartition } from "../record.ts";

/**
 * The stores of a folder as one of the threads sees them that share it: those of the others are not
 * there, so that none is opened or deleted twice.
 */
export class OwnedStores implements StateStores {
  readonly #stores: StateStores;
  #owned: ReadonlySet<number>;

  /** @param owned Partitions whose stores are this thread's at first. */
  constructor(stores: StateStores, owned: readonly number[]) {
    this.#stores = stores;
    this.#owned = new Set(owned);
  }

  /** From now on these are its own. */
  own(partitions: readonly number[]): void {
    this.#owned = new Set(partitions);
  }

  open(input: TopicPartition, changelogId: string): Promise<StateStore> {
    return this.#stores.open(input, changelogId);
  }

  destroy(input: TopicPartition): Promise<void> {
    return this.#stores.destroy(input);
  }

  async partitions(topic: string): Promise<number[]> {
    return (await this.#stores.partitions(topic)).filter((partition) => this.#owned.has(partition));
  }
}
