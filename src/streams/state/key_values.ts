import type { StateStore, StoreEntry } from "../ports.ts";
import { decodeState } from "../topology/codec.ts";
import type { KeyValueReader, StoreOf } from "../topology/key_values.ts";
import { keyValueKey } from "./store_keys.ts";

/** Values in memory, of each store, beside those that have changed. */
const keptMax = 10_000;

/**
 * The key-value stores of a task: rows of its local store and of its changelog, by name and key, so
 * that one transaction covers them as it covers everything else.
 *
 * Values are kept as bytes and decoded where they are read: what a job does to one changes no other.
 *
 * Owner: the task's session. Ordering: `settle` when the store has what was handed over. Guarantee:
 * until then these values stay in memory, as the store has them as they were before.
 */
export class KeyValues {
  readonly #store: Pick<StateStore, "get">;
  /** By store: values as they are now, `null` where there is none. */
  readonly #known = new Map<string, Map<string, Uint8Array | null>>();
  /** By store: keys that changed since the last commit. */
  readonly #changed = new Map<string, Set<string>>();
  #pendingRows = 0;

  constructor(store: Pick<StateStore, "get">) {
    this.#store = store;
  }

  /** Rows that the changes since the last commit make. */
  get pendingRows(): number {
    return this.#pendingRows;
  }

  /** A store as a job reads it. */
  readerOf<V>({ name, codec }: StoreOf<V>): KeyValueReader<V> {
    return {
      get: (key) => {
        const bytes = this.#bytesOf(name, key);
        return bytes === null ? undefined : decodeState(codec, bytes);
      },
    };
  }

  /** Sets a value; `null` deletes it. */
  put(name: string, key: string, bytes: Uint8Array | null): void {
    const changed = this.#changed.get(name) ?? new Set();
    this.#changed.set(name, changed);
    if (!changed.has(key)) this.#pendingRows += 1;
    changed.add(key);
    this.#knownOf(name).set(key, bytes);
  }

  /** What a commit has to write. */
  entries(): StoreEntry[] {
    return [...this.#changed].flatMap(([name, keys]) => {
      const known = this.#knownOf(name);
      return [...keys].map((key) => ({
        key: keyValueKey(name, key),
        value: known.get(key) ?? null,
      }));
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
      for (const key of known.keys()) if (changed?.has(key) !== true) known.delete(key);
    }
  }

  #bytesOf(name: string, key: string): Uint8Array | null {
    const known = this.#knownOf(name);
    const had = known.get(key);
    if (had !== undefined) return had;
    const stored = this.#store.get(keyValueKey(name, key)) ?? null;
    known.set(key, stored);
    return stored;
  }

  #knownOf(name: string): Map<string, Uint8Array | null> {
    const known = this.#known.get(name) ?? new Map<string, Uint8Array | null>();
    this.#known.set(name, known);
    return known;
  }
}
