import type { StateStore, StoreEntry } from "../ports.ts";
import { decodeState } from "../topology/codec.ts";
import {
  Due,
  type KeyValueReader,
  type KeyValueStore,
  type KeyValueStores,
  type PartnerWindow,
  type StoreOf,
} from "../topology/key_values.ts";
import type { GlobalTable } from "../topology/global_table.ts";
import type { NamedProcessor } from "../topology/topology.ts";
import { CacheBudget, type CachePart } from "./cache_budget.ts";
import { KeptValues } from "./kept_values.ts";
import { keyValueKey, timedValueOf, timedValuesOf } from "./store_keys.ts";
import { Timers } from "./timers.ts";

const scheduled = new Uint8Array([1]);

/** What an instance has of global tables. */
export interface GlobalValues {
  /**
   * Resolves when all are read as far as their topics went at the start.
   *
   * @throws {PipelineError} What has ended the reading of one; `ABORTED`.
   */
  ready(signal: AbortSignal): Promise<void>;
  /**
   * A value as it came; `undefined` if there is none.
   *
   * @throws {PipelineError} What has ended the reading of the table.
   */
  bytesOf(topic: string, key: string): Uint8Array | undefined;
}

/** A value before it was changed; `undefined` where it had not changed since the last commit. */
interface Former {
  readonly id: string;
  readonly bytes: Uint8Array | null | undefined;
}

/** What key-value stores work with beside the store itself. */
export interface KeyValuesOptions {
  /** Memory for values that have not changed; one of its own without it. */
  readonly budget?: CacheBudget;
  readonly globals?: GlobalValues | undefined;
}

/**
 * The key-value stores of a task: rows of its local store and of its changelog, by name and key, so
 * that one transaction covers them as it covers everything else.
 *
 * Values are kept as bytes and decoded where they are read: what a job does to one changes no other.
 * What is scheduled are values as well, of the processor's name, its key and the time.
 *
 * Owner: the task's session. Ordering: `settle` when the store has what was handed over. Guarantee:
 * until then these values stay in memory, as the store has them as they were before.
 */
export class KeyValues implements KeyValueStores, Disposable {
  readonly #store: Pick<StateStore, "get">;
  readonly #globals: GlobalValues | undefined;
  /** By id: what changed since the last commit began, `null` for what was deleted. */
  #changed = new Map<string, Uint8Array | null>();
  #changedBytes = 0;
  /** What was handed over, and the store may not have yet. */
  #underWay: ReadonlyMap<string, Uint8Array | null> = new Map();
  readonly #part: CachePart;
  readonly #kept: KeptValues;
  readonly #timers = new Timers();
  /** What an attempt under way has changed, to be taken back. */
  #formers: Former[] | undefined;
  #awaited: PartnerWindow[] = [];

  constructor(
    store: Pick<StateStore, "get">,
    { budget = new CacheBudget(), globals }: KeyValuesOptions = {},
  ) {
    this.#store = store;
    this.#globals = globals;
    this.#part = budget.part();
    this.#kept = new KeptValues(this.#part);
  }

  /** Those of a store, with what is scheduled for processors. */
  static async open(
    store: Pick<StateStore, "get" | "scan">,
    processors: readonly NamedProcessor[],
    options: KeyValuesOptions = {},
  ): Promise<KeyValues> {
    const values = new KeyValues(store, options);
    for (const { name, punctuates } of processors) {
      if (!punctuates) continue;
      for await (const rows of store.scan(timedValuesOf(name))) {
        for (const row of rows) {
          const { key, atMs } = timedValueOf(row.key);
          values.#timers.add(new Due(name, key, atMs));
        }
      }
    }
    return values;
  }

  /** Rows that the changes since the last commit make. */
  get pendingRows(): number {
    return this.#changed.size;
  }

  /** Bytes of their values. */
  get pendingBytes(): number {
    return this.#changedBytes;
  }

  /** True where the attempt under way has changed something. */
  get attempted(): boolean {
    return (this.#formers ?? []).length > 0;
  }

  /** Where partners may be of what is at hand, in the last attempt. */
  get awaited(): readonly PartnerWindow[] {
    return this.#awaited;
  }

  /** Does something that changes all that it wants to, or where it throws, nothing. */
  attempt<T>(work: () => T): T {
    const formers: Former[] = this.#formers = [];
    this.#awaited = [];
    try {
      return work();
    } catch (error) {
      for (const { id, bytes } of formers.reverse()) this.#change(id, bytes);
      throw error;
    } finally {
      this.#formers = undefined;
    }
  }

  /** A store as a job reads it. */
  readerOf<V>({ name, codec }: StoreOf<V>): KeyValueReader<V> {
    return {
      get: (key) => {
        const bytes = this.#bytesOf(idOf(name, key));
        return bytes === null ? undefined : decodeState(codec, bytes);
      },
    };
  }

  /** See `KeyValueStores`. */
  globalOf<V>({ topic, codec }: GlobalTable<V>): KeyValueReader<V> {
    return {
      get: (key) => {
        const bytes = this.#globals?.bytesOf(topic, key);
        return bytes === undefined ? undefined : decodeState(codec, bytes);
      },
    };
  }

  /** What a job has of a store where it works on a key. */
  storeOf<V>({ name, codec }: StoreOf<V>, key: string): KeyValueStore<V> {
    return {
      get: (atMs) => {
        const bytes = this.#bytesOf(idOf(name, key, atMs));
        return bytes === null ? undefined : decodeState(codec, bytes);
      },
      put: (value, atMs) => this.#set(idOf(name, key, atMs), codec.encode(value)),
      delete: (atMs) => {
        const id = idOf(name, key, atMs);
        if (this.#bytesOf(id) !== null) this.#set(id, null);
      },
    };
  }

  /** See `KeyValueStores`. */
  schedule(processor: string, key: string, timeMs: number): void {
    const id = idOf(processor, key, timeMs);
    if (this.#bytesOf(id) !== null) return;
    this.#set(id, scheduled);
    this.#timers.add(new Due(processor, key, timeMs));
  }

  /** See `KeyValueStores`. */
  awaits(window: PartnerWindow): void {
    this.#awaited.push(window);
  }

  /** Takes the earliest call out that is due at a time; `undefined` where none is. */
  takeDue(timeMs: number): Due | undefined {
    for (let due; (due = this.#timers.first) !== undefined && due.timeMs <= timeMs;) {
      this.#timers.removeFirst();
      const id = idOf(due.processor, due.key, due.timeMs);
      if (this.#bytesOf(id) === null) continue; // of an attempt that was taken back
      this.#set(id, null);
      return due;
    }
    return undefined;
  }

  /** Sets a value; `null` deletes it. */
  put(name: string, key: string, bytes: Uint8Array | null): void {
    this.#set(idOf(name, key), bytes);
  }

  /** What a commit has to write. */
  entries(): StoreEntry[] {
    return [...this.#changed].map(([id, value]) => ({ key: rowOf(id), value }));
  }

  /** Leaves what has changed to a commit, which has its `entries`. */
  handOver(): void {
    this.#underWay = this.#changed;
    this.#changed = new Map();
    this.#changedBytes = 0;
  }

  /** The store has what was handed over. */
  settle(): void {
    for (const [id, bytes] of this.#underWay) this.#kept.set(id, bytes);
    this.#underWay = new Map();
  }

  [Symbol.dispose](): void {
    this.#part[Symbol.dispose]();
  }

  #set(id: string, bytes: Uint8Array | null): void {
    this.#formers?.push({ id, bytes: this.#changed.get(id) });
    this.#change(id, bytes);
  }

  /** @param bytes `undefined` where it has not changed. */
  #change(id: string, bytes: Uint8Array | null | undefined): void {
    this.#changedBytes += (bytes?.length ?? 0) - (this.#changed.get(id)?.length ?? 0);
    if (bytes === undefined) this.#changed.delete(id);
    else this.#changed.set(id, bytes);
  }

  #bytesOf(id: string): Uint8Array | null {
    for (const known of [this.#changed, this.#underWay, this.#kept]) {
      const bytes = known.get(id);
      if (bytes !== undefined) return bytes;
    }
    const stored = this.#store.get(rowOf(id)) ?? null;
    this.#kept.set(id, stored);
    return stored;
  }
}

/** Names a value: its store, its key, and a time where there is one. */
function idOf(name: string, key: string, atMs?: number): string {
  return `${name}\0${atMs ?? ""}\0${key}`;
}

function rowOf(id: string): Uint8Array {
  const nameEnd = id.indexOf("\0");
  const timeEnd = id.indexOf("\0", nameEnd + 1);
  const time = id.slice(nameEnd + 1, timeEnd);
  const atMs = time === "" ? undefined : Number(time);
  return keyValueKey(id.slice(0, nameEnd), id.slice(timeEnd + 1), atMs);
}
