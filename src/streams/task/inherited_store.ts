import type { StateStore, StateStores } from "../ports.ts";
import type { TopicPartition } from "../record.ts";

/**
 * The stores as a task sees them that takes over an open one: the first `open` gives it away, so
 * that nothing is read and checked again that a standby has just written.
 *
 * Owner: the task. Disposing closes what was not taken.
 */
export class InheritedStore implements StateStores, AsyncDisposable {
  readonly #stores: StateStores;
  #store: StateStore | undefined;

  constructor(stores: StateStores, store: StateStore | undefined) {
    this.#stores = stores;
    this.#store = store;
  }

  open(input: TopicPartition, changelogId: string): Promise<StateStore> {
    const store = this.#store;
    this.#store = undefined;
    return store === undefined ? this.#stores.open(input, changelogId) : Promise.resolve(store);
  }

  async destroy(input: TopicPartition): Promise<void> {
    await this[Symbol.asyncDispose]();
    await this.#stores.destroy(input);
  }

  partitions(topic: string): Promise<number[]> {
    return this.#stores.partitions(topic);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    const store = this.#store;
    this.#store = undefined;
    await store?.[Symbol.asyncDispose]();
  }
}
