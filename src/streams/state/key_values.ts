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
import { keyValueKey, timedValueOf, timedValuesOf } from "./store_keys.ts";
import { Timers } from "./timers.ts";

/** Values in memory, of each store, beside those that have changed. */
const keptMax = 10_000;

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

/** A value before it was changed. */
interface Former {
  readonly name: string;
  readonly id: string;
  readonly bytes: Uint8Array | null;
  readonly changed: boolean;
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
export class KeyValues implements KeyValueStores {
  readonly #store: Pick<StateStore, "get">;
  readonly #globals: GlobalValues | undefined;
  /** By store and id: values as they are now, `null` where there is none. */
  readonly #known = new Map<string, Map<string, Uint8Array | null>>();
  /** By store: ids that changed since the last commit. */
  readonly #changed = new Map<string, Set<string>>();
  readonly #timers = new Timers();
  #pendingRows = 0;
  /** What an attempt under way has changed, to be taken back. */
  #formers: Former[] | undefined;
  #awaited: PartnerWindow[] = [];

  constructor(store: Pick<StateStore, "get">, globals?: GlobalValues) {
    this.#store = store;
    this.#globals = globals;
  }

  /** Those of a store, with what is scheduled for processors. */
  static async open(
    store: Pick<StateStore, "get" | "scan">,
    { processors = [], globals }: {
      readonly processors?: readonly NamedProcessor[] | undefined;
      readonly globals?: GlobalValues | undefined;
    } = {},
  ): Promise<KeyValues> {
    const values = new KeyValues(store, globals);
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
    return this.#pendingRows;
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
      for (const former of formers.reverse()) this.#takeBack(former);
      throw error;
    } finally {
      this.#formers = undefined;
    }
  }

  /** A store as a job reads it. */
  readerOf<V>({ name, codec }: StoreOf<V>): KeyValueReader<V> {
    return {
      get: (key) => {
        const bytes = this.#bytesOf(name, idOf(key));
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
        const bytes = this.#bytesOf(name, idOf(key, atMs));
        return bytes === null ? undefined : decodeState(codec, bytes);
      },
      put: (value, atMs) => this.#set(name, idOf(key, atMs), codec.encode(value)),
      delete: (atMs) => {
        const id = idOf(key, atMs);
        if (this.#bytesOf(name, id) !== null) this.#set(name, id, null);
      },
    };
  }

  /** See `KeyValueStores`. */
  schedule(processor: string, key: string, timeMs: number): void {
    const id = idOf(key, timeMs);
    if (this.#bytesOf(processor, id) !== null) return;
    this.#set(processor, id, scheduled);
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
      const id = idOf(due.key, due.timeMs);
      if (this.#bytesOf(due.processor, id) === null) continue; // of an attempt that was taken back
      this.#set(due.processor, id, null);
      return due;
    }
    return undefined;
  }

  /** Sets a value; `null` deletes it. */
  put(name: string, key: string, bytes: Uint8Array | null): void {
    this.#set(name, idOf(key), bytes);
  }

  /** What a commit has to write. */
  entries(): StoreEntry[] {
    return [...this.#changed].flatMap(([name, ids]) => {
      const known = this.#knownOf(name);
      const valueOf = (id: string) => known.get(id) as Uint8Array | null;
      return [...ids].map((id) => ({ key: rowOf(name, id), value: valueOf(id) }));
    });
  }

  /** Leaves what has changed to a commit, which has its `entries`. */
  handOver(): void {
    this.#changed.clear();
    this.#pendingRows = 0;
  }

  /** The store has what was handed over: of values that it has not, most need not be in memory. */
  settle(): void {
    for (const [name, known] of this.#known) {
      if (known.size <= keptMax) continue;
      const changed = this.#changed.get(name);
      for (const id of known.keys()) if (changed?.has(id) !== true) known.delete(id);
    }
  }

  #set(name: string, id: string, bytes: Uint8Array | null): void {
    const changed = this.#changed.get(name) ?? new Set();
    this.#changed.set(name, changed);
    const before = { name, id, changed: changed.has(id) };
    this.#formers?.push({ ...before, bytes: this.#bytesOf(name, id) });
    if (!before.changed) this.#pendingRows += 1;
    changed.add(id);
    this.#knownOf(name).set(id, bytes);
  }

  #takeBack({ name, id, bytes, changed }: Former): void {
    this.#knownOf(name).set(id, bytes);
    if (changed) return;
    this.#changed.get(name)?.delete(id);
    this.#pendingRows -= 1;
  }

  #bytesOf(name: string, id: string): Uint8Array | null {
    const known = this.#knownOf(name);
    const had = known.get(id);
    if (had !== undefined) return had;
    const stored = this.#store.get(rowOf(name, id)) ?? null;
    known.set(id, stored);
    return stored;
  }

  #knownOf(name: string): Map<string, Uint8Array | null> {
    const known = this.#known.get(name) ?? new Map<string, Uint8Array | null>();
    this.#known.set(name, known);
    return known;
  }
}

/** A key, and a time where there is one. */
function idOf(key: string, atMs?: number): string {
  return `${atMs ?? ""}\0${key}`;
}

function rowOf(name: string, id: string): Uint8Array {
  const end = id.indexOf("\0");
  return keyValueKey(name, id.slice(end + 1), end === 0 ? undefined : Number(id.slice(0, end)));
}
