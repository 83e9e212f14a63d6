import type { Codec } from "./codec.ts";

/** A key-value store of a job, by its name. */
export interface StoreOf<V> {
  /** Of the store, unlike that of any other one of the job. */
  readonly name: string;
  /** How values are written. */
  readonly codec: Codec<V>;
}

/** What a job reads of a key-value store. */
export interface KeyValueReader<V> {
  /** The value of a key; `undefined` if there is none. */
  get(key: string): V | undefined;
}

/** Key-value stores as a task has them. */
export interface KeyValueStores {
  /** What is in a store. */
  readerOf<V>(store: StoreOf<V>): KeyValueReader<V>;
}
