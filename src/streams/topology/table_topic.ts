import type { KeyValueStores, StoreOf } from "./key_values.ts";

/** A topic of which a task keeps the newest value of each key in its store. */
export interface TableTopic<V> extends StoreOf<V> {
  /** Where its records are. */
  readonly topic: string;
}

/** What tables have of a key: one of a topic, or several that are joined with each other. */
export interface Lookup<V> {
  /** All that are read for it. */
  readonly tables: readonly TableTopic<unknown>[];
  /** True where the key has a value, without making it. */
  has(stores: KeyValueStores, key: string): boolean;
  /** The value of the key; `undefined` if there is none. */
  get(stores: KeyValueStores, key: string): V | undefined;
}
