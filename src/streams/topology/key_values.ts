import type { Codec } from "./codec.ts";
import type { GlobalTable } from "./global_table.ts";

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

/**
 * What a store has of one key. Every change is part of the transaction of what made it, and of none
 * where the job throws.
 */
export interface KeyValueStore<V> {
  /**
   * The value of the key, a copy; `undefined` if there is none.
   *
   * @param atMs A time, whole epoch ms >= 0: the key has a value of its own for each.
   */
  get(atMs?: number): V | undefined;
  /** Sets the value of the key, at a time where one is given. */
  put(value: V, atMs?: number): void;
  /** Deletes it. */
  delete(atMs?: number): void;
}

/** Key-value stores as a task has them. */
export interface KeyValueStores {
  /** What is in a store. */
  readerOf<V>(store: StoreOf<V>): KeyValueReader<V>;
  /** What this instance has of a global table. */
  globalOf<V>(table: GlobalTable<V>): KeyValueReader<V>;
  /** What is in a store of a key, to be changed. */
  storeOf<V>(store: StoreOf<V>, key: string): KeyValueStore<V>;
  /** Wants a processor called for a key once the partition's time has reached this, epoch ms. */
  schedule(processor: string, key: string, timeMs: number): void;
  /** Says in which window the value at hand may have partners: it is late where some have gone. */
  awaits(window: PartnerWindow): void;
}

/** Where a value may have partners. */
export interface PartnerWindow {
  /** Their earliest time, epoch ms. */
  readonly startMs: number;
  /** The end of their times, epoch ms, exclusive. */
  readonly endMs: number;
  /** The partition's time at which the first of them no longer wait, epoch ms. */
  readonly goneAtMs: number;
}

/** A call of a processor that is due. */
export class Due {
  /** Name of the processor. */
  readonly processor: string;
  /** Whose value scheduled it. */
  readonly key: string;
  /** For when it was scheduled, epoch ms. */
  readonly timeMs: number;

  /** The engine makes them. */
  constructor(processor: string, key: string, timeMs: number) {
    this.processor = processor;
    this.key = key;
    this.timeMs = timeMs;
  }
}
