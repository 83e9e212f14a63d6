import { assert } from "../../base/assert.ts";
import type { StateStore } from "../ports.ts";
import type { EventContext } from "../topology/topology.ts";
import {
  type CachedKey,
  type CachedWindow,
  type KeptWindow,
  keyRowOf,
  type KeyTopology,
  loadKey,
  newWindow,
  opened,
  windowsWithRows,
} from "./cached_key.ts";
import { inlineMax } from "./key_row.ts";
import { openWindows } from "./open_roll_ups.ts";
import { PackedRows } from "./packed_rows.ts";
import { keyStateKey } from "./store_keys.ts";

/**
 * Bytes of the keys that all tasks of this process have in memory beside those that have changed,
 * estimated. Each task has an equal part.
 */
const cacheBytesMax = 128 * 1024 * 1024;

/** What of it is for keys as objects. Where there are more of them, all become bytes: `PackedRows`. */
const decodedPart = 1 / 4;

/** Stands for the row of a key that the store does not have. */
const noRow = new Uint8Array(0);

/** Caches in use in this process. */
let cachesOpen = 0;

/** What a key takes, and each of its windows; the aggregate is taken for a middling one. */
const keyBytes = 600;
const windowBytes = 400;

/**
 * The state of one task between commits: what changed, and what was read for it.
 *
 * A key changed a thousand times is written once. Reading is synchronous, so there is no moment
 * between reading a key and changing it.
 *
 * A commit takes what has changed with `handOver`; what changes from then on is the next one's.
 *
 * Owner: the task's session. Ordering: `settle` when the store has what was handed over, and before
 * the next `handOver`. Guarantee: until then every key of the commit stays in memory, as the store
 * has it as it was before.
 */
export class WriteCache<A> implements Disposable {
  readonly #store: Pick<StateStore, "get" | "getMany">;
  readonly #topology: KeyTopology<A>;
  /** Of all tasks of this process. */
  readonly #bytesMax: number;
  /** Keys in use. */
  #keys = new Map<string, CachedKey<A>>();
  /** What they take, estimated. */
  #keysBytes = 0;
  /** Keys as bytes. */
  readonly #packed = new PackedRows();
  readonly #dirty = new Set<CachedKey<A>>();
  /** Rows that were read for the records to come. */
  #ahead = new Map<string, Uint8Array | undefined>();
  /** Keys that became known since they were read. */
  #loads = 0;
  /** The key asked for last: nearly always the next one, too. */
  #latest: CachedKey<A> | undefined;
  /** The store has not got yet what was handed over. */
  #underWay = false;

  constructor(
    store: Pick<StateStore, "get" | "getMany">,
    topology: KeyTopology<A>,
    options: { readonly bytesMax?: number | undefined } = {},
  ) {
    cachesOpen += 1;
    this.#bytesMax = options.bytesMax ?? cacheBytesMax;
    this.#store = store;
    this.#topology = topology;
  }

  /** Keys changed since the last commit. */
  get dirtyKeys(): ReadonlySet<CachedKey<A>> {
    return this.#dirty;
  }

  /** The key's time and windows; a key that was never seen stands at the epoch. */
  key(key: string): CachedKey<A> {
    if (this.#latest?.key === key) return this.#latest;
    this.#latest = this.#keys.get(key) ?? this.#load(key);
    return this.#latest;
  }

  #load(key: string): CachedKey<A> {
    const packed = this.#packed.take(key);
    const row = packed === undefined ? this.#read(key) : packed.length === 0 ? undefined : packed;
    const owner = loadKey(this.#topology, key, row);
    this.#keys.set(key, owner);
    this.#keysBytes += bytesOfKey(owner);
    return owner;
  }

  #read(key: string): Uint8Array | undefined {
    this.#loads += 1;
    const row = this.#ahead.has(key) ? this.#ahead.get(key) : this.#store.get(keyStateKey(key));
    this.#ahead.delete(key);
    return row;
  }

  /**
   * Reads the rows of keys that are likely to be asked for next, all at once: one by one they would
   * hold up the program. Without effect while all keys in use are in memory.
   */
  async readAhead(keys: () => Iterable<string>): Promise<void> {
    this.#ahead.clear();
    if (this.#loads === 0) return;
    this.#loads = 0;
    const missing = new Set<string>();
    for (const key of keys()) {
      if (!this.#keys.has(key) && !this.#packed.has(key)) missing.add(key);
    }
    const names = [...missing];
    const rows = await this.#store.getMany(names.map(keyStateKey));
    for (const [index, name] of names.entries()) this.#ahead.set(name, rows[index]);
  }

  /**
   * Begins a key again that has expired, or was never seen: windows before `fromMs` are closed. What
   * changed of those that it had is shown with the next commit, which deletes them.
   */
  renew(owner: CachedKey<A>, fromMs: number): void {
    owner.state.streamTimeMs = fromMs;
    owner.state.closedToMs = fromMs;
    if (!owner.stored && !owner.dirty) {
      owner.state.purgedToMs.fill(fromMs);
      return;
    }
    for (const [length, ofLength] of this.openWindows(owner).entries()) {
      for (const window of ofLength) if (window.dirty) owner.left.push({ length, window });
    }
    owner.windows = [];
    owner.closedParts.fill(undefined);
    owner.renewedFromMs = fromMs;
  }

  /** True for a key that changed since the last commit. */
  isDirty(key: string): boolean {
    return this.#keys.get(key)?.dirty === true;
  }

  /**
   * Takes a clean key for one that the store does not have. It is in memory as such: until the commit
   * is done the store has it yet.
   */
  forget(key: string): void {
    this.#keys.delete(key);
    this.#packed.take(key);
    this.#packed.put(key, noRow);
    this.#ahead.delete(key);
    this.#latest = undefined;
  }

  /** An open window of the key, or `undefined` if it has none that starts there. */
  window(owner: CachedKey<A>, startMs: number): CachedWindow<A> | undefined {
    const { windows } = owner;
    const window = windows[indexOf(windows, startMs) - 1];
    if (window === undefined || window.startMs !== startMs) return undefined;
    return this.opened(owner, window);
  }

  /** A window of the key, or its closed parts, with a state that may be changed. */
  opened(owner: CachedKey<A>, window: KeptWindow<A>): CachedWindow<A> {
    return opened(this.#topology, this.#store, owner, window);
  }

  /** All open windows of the key as they are now, by length, each ascending. */
  openWindows(owner: CachedKey<A>): CachedWindow<A>[][] {
    return openWindows(this.#topology, this.#store, owner);
  }

  /** A window without events, in no cache yet. */
  newWindow(startMs: number): CachedWindow<A> {
    return newWindow(this.#topology, startMs);
  }

  /** Makes a new window one of the key's. */
  add(owner: CachedKey<A>, window: CachedWindow<A>): void {
    const { windows } = owner;
    const at = indexOf(windows, window.startMs);
    // An array that grows makes room for many more: most keys have one or two.
    if (windows.length < inlineMax) owner.windows = windows.toSpliced(at, 0, window);
    else windows.splice(at, 0, window);
    this.#keysBytes += windowBytes;
  }

  /** Makes a window one of the key's no more. */
  remove(owner: CachedKey<A>, window: KeptWindow<A>): void {
    owner.windows = owner.windows.filter((one) => one !== window);
  }

  /** Takes note of the event that changed a window of the key, or closed it. */
  stamp(
    owner: CachedKey<A>,
    window: CachedWindow<A>,
    { versionUs, record }: Pick<EventContext, "versionUs" | "record">,
  ): void {
    window.state.versionUs = versionUs;
    window.state.receivedAtMs = record.timestampMs;
    this.changed(owner, window);
  }

  /** Marks a window as changed, and its key. */
  changed(owner: CachedKey<A>, window: KeptWindow<A>): void {
    window.dirty = true;
    window.bytes = undefined;
    this.touch(owner);
  }

  /** Marks a key as changed. */
  touch(owner: CachedKey<A>): void {
    if (owner.dirty) return;
    owner.dirty = true;
    this.#dirty.add(owner);
  }

  /** The row of a changed key for the next commit. */
  rowOf(owner: CachedKey<A>): Uint8Array {
    return owner.row = keyRowOf(this.#topology, owner);
  }

  /** Leaves everything that has changed to a commit, which has taken note of it. */
  handOver(): void {
    assert(!this.#underWay, "a commit must not begin before the last one is in the store");
    this.#underWay = true;
    for (const owner of this.#dirty) {
      owner.dirty = false;
      owner.stored = true;
      owner.left = [];
      for (const window of owner.windows) window.dirty = false;
      for (const parts of owner.closedParts) if (parts !== undefined) parts.dirty = false;
    }
    const bytesMax = this.#bytesMax / cachesOpen;
    if (this.#keysBytes >= bytesMax * decodedPart) this.#pack(bytesMax * (1 - decodedPart));
    for (const owner of this.#dirty) owner.row = undefined;
    this.#dirty.clear();
  }

  /** Makes bytes of all keys. Those of this commit stay until the next one begins. */
  #pack(bytesMax: number): void {
    this.#packed.trim(bytesMax);
    const keys = this.#keys;
    this.#keys = new Map();
    this.#keysBytes = 0;
    this.#latest = undefined;
    for (const [key, owner] of keys) {
      if (!owner.stored) continue;
      if (!this.#putPacked(owner) && owner.row !== undefined) this.#keys.set(key, owner);
    }
  }

  /** @returns False for a key with more than its row: windows that the store gets with this commit. */
  #putPacked(owner: CachedKey<A>): boolean {
    if (owner.row !== undefined && windowsWithRows(this.#topology, owner).length > 0) return false;
    return this.#packed.put(owner.key, owner.row ?? keyRowOf(this.#topology, owner));
  }

  /** The store has what was handed over. */
  settle(): void {
    this.#underWay = false;
  }

  [Symbol.dispose](): void {
    cachesOpen -= 1;
  }
}

/** Where a window with this start belongs, behind one that has it; from the end, as most do. */
function indexOf<A>(windows: readonly KeptWindow<A>[], startMs: number): number {
  let at = windows.length;
  while (at > 0 && (windows[at - 1] as KeptWindow<A>).startMs > startMs) at--;
  return at;
}

function bytesOfKey<A>({ key, windows, closedParts }: CachedKey<A>): number {
  const parts = closedParts.filter((part) => part !== undefined).length;
  return keyBytes + 2 * key.length + windowBytes * (windows.length + parts);
}
