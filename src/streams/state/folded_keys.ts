import type { StoreEntry } from "../ports.ts";
import { type KnownKey, markAll, type WindowOfLength } from "./cached_key.ts";
import type { PackedRows } from "./packed_rows.ts";
import { keyStateKey } from "./store_keys.ts";

/**
 * Keys that have changed since the last commit and are bytes already.
 *
 * Owner: the write cache.
 */
export class FoldedKeys<A> {
  #keys: KnownKey<A>[] = [];
  #withLeft: KnownKey<A>[] = [];
  /** What the next commit writes of them beside their rows. */
  entries: StoreEntry[] = [];

  get size(): number {
    return this.#keys.length;
  }

  /** Takes a key whose row has what changed. */
  add(known: KnownKey<A>): void {
    if (!known.folded) this.#keys.push(known);
    known.folded = true;
  }

  /** Takes note of windows that a key has left behind and `entries` has. */
  addLeft(known: KnownKey<A>, left: readonly WindowOfLength<A>[]): void {
    if (left.length === 0) return;
    if (known.left === undefined) this.#withLeft.push(known);
    const starts = left.map(({ length, window: { startMs } }) => ({ length, startMs }));
    known.left = known.left === undefined ? starts : [...known.left, ...starts];
  }

  /** All that the next commit writes of them; a key that has changed again is written as an object. */
  entriesWith(rows: PackedRows): StoreEntry[] {
    const entries = [...this.entries];
    for (const { key, owner, place } of this.#keys) {
      if (owner?.dirty === true) continue;
      entries.push({ key: keyStateKey(key), value: rows.copyOf(place) });
    }
    return entries;
  }

  /** Leaves them to a commit, which has taken note of them. */
  handOver(): void {
    for (const known of this.#keys) {
      known.folded = false;
      if (known.owner !== undefined) markAll(known.owner, { dirty: false });
    }
    for (const known of this.#withLeft) known.left = undefined;
    this.#keys = [];
    this.#withLeft = [];
    this.entries = [];
  }
}
