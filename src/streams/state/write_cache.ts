import { assert } from "../../base/assert.ts";
import type { StateStore } from "../ports.ts";
import type { EventContext } from "../topology/topology.ts";
import { CacheBudget, type CachePart } from "./cache_budget.ts";
import {
  type CachedKey,
  type CachedWindow,
  hashOf,
  type KeptWindow,
  keyRowOf,
  type KeyTopology,
  type KnownKey,
  loadKey,
  newKey,
  newWindow,
  opened,
  windowsWithRows,
} from "./cached_key.ts";
import { inlineMax, type RowBytes, wholeRow } from "./key_row.ts";
import { openWindows } from "./open_roll_ups.ts";
import { PackedRows } from "./packed_rows.ts";
import { keyStateKey } from "./store_keys.ts";

/** What of its part is for keys as objects. Where there are more, all become bytes: `PackedRows`. */
const decodedPart = 1 / 4;

/** What a key takes as an object, each of its windows, and one that is decoded without its content. */
const keyBytes = 500;
const windowBytes = 120;
const decodedBytes = 150;

/** What the content of a window takes for each of its bytes, once it is decoded. */
const decodedFactor = 3;

/** What a key takes as bytes beside its row: its text, its entry in a map and what that says. */
const entryBytes = 150;

/** Free places are no reason to begin again where they take no more than this beside the rows. */
const freeBytesMin = 1024 * 1024;

/** Stand for the place of a row: of a key that has none, and of one that only the store has. */
const nowhere = -1;
const inStore = -2;

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
  readonly #part: CachePart;
  readonly #known = new Map<string, KnownKey<A>>();
  /** Those that are objects. */
  #inUse: KnownKey<A>[] = [];
  /** What they take, estimated. */
  #inUseBytes = 0;
  /** Rises when keys that were in use in none of the last two are let go. */
  #generation = 0;
  #packed = new PackedRows();
  #dirty: CachedKey<A>[] = [];
  #dirtyBytes = 0;
  /** Rows that were read for the records to come. */
  #ahead = new Map<string, Uint8Array | undefined>();
  /** True if keys became known since they were read. */
  #loaded = false;
  /** The key asked for last: nearly always the next one, too. */
  #latest: CachedKey<A> | undefined;
  /** The store has not got yet what was handed over. */
  #underWay = false;

  constructor(
    store: Pick<StateStore, "get" | "getMany">,
    topology: KeyTopology<A>,
    budget: CacheBudget = new CacheBudget(),
  ) {
    this.#part = budget.part();
    this.#store = store;
    this.#topology = topology;
  }

  /** Keys changed since the last commit. */
  get dirtyKeys(): readonly CachedKey<A>[] {
    return this.#dirty;
  }

  /** Bytes of their rows as the last commit had them. */
  get dirtyBytes(): number {
    return this.#dirtyBytes;
  }

  /** The key's time and windows; a key that was never seen stands at the epoch. */
  key(key: string): CachedKey<A> {
    if (this.#latest?.key === key) return this.#latest;
    const known = this.#known.get(key) ?? this.#meet(key);
    this.#latest = known.owner ?? this.#load(key, known);
    return this.#latest;
  }

  #meet(key: string): KnownKey<A> {
    const hash = hashOf(key);
    const known = { owner: undefined, place: inStore, generation: 0, hash };
    this.#known.set(key, known);
    return known;
  }

  #load(key: string, known: KnownKey<A>): CachedKey<A> {
    const row = this.#stored(key, known);
    const owner = row === undefined
      ? newKey(this.#topology, key)
      : loadKey(this.#topology, key, row);
    known.generation = this.#generation;
    this.#use(known, owner);
    return owner;
  }

  #stored(key: string, known: KnownKey<A>): RowBytes | undefined {
    if (known.place === inStore) {
      const row = this.#read(key);
      const place = row === undefined ? nowhere : this.#packed.put(row);
      if (place === undefined) return row && wholeRow(row);
      known.place = place;
    }
    return known.place === nowhere ? undefined : this.#packed.at(known.place);
  }

  #use(known: KnownKey<A>, owner: CachedKey<A>): void {
    known.owner = owner;
    owner.known = known;
    this.#inUse.push(known);
    this.#inUseBytes += bytesOfKey(owner);
  }

  #read(key: string): Uint8Array | undefined {
    this.#loaded = true;
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
    if (!this.#loaded) return;
    this.#loaded = false;
    const missing = new Set<string>();
    for (const key of keys()) {
      if ((this.#known.get(key)?.place ?? inStore) === inStore) missing.add(key);
    }
    const names = [...missing];
    const rows = await this.#store.getMany(names.map(keyStateKey));
    for (const [index, name] of names.entries()) this.#ahead.set(name, rows[index]);
  }

  /**
   * Begins a key again that has expired, or was never seen: windows before `fromMs` are closed. What
   * changed of those that it had is shown with the next commit, which deletes them all.
   */
  renew(owner: CachedKey<A>, fromMs: number): void {
    owner.state.streamTimeMs = fromMs;
    owner.state.closedToMs = fromMs;
    if (!owner.stored && !owner.dirty) owner.state.purgedToMs.fill(fromMs);
    for (const [length, ofLength] of this.openWindows(owner).entries()) {
      for (const window of ofLength) owner.left.push({ length, window });
    }
    owner.windows = [];
    owner.closedParts.fill(undefined);
    owner.renewedFromMs = fromMs;
  }

  /** True for a key that changed since the last commit. */
  isDirty(key: string): boolean {
    return this.#known.get(key)?.owner?.dirty === true;
  }

  /**
   * Takes a clean key for one that the store does not have. It is in memory as such: until the commit
   * is done the store has it yet.
   */
  forget(key: string): void {
    const known = this.#known.get(key) ?? this.#meet(key);
    this.#move(known, nowhere);
    known.generation = this.#generation;
    known.owner = undefined;
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
    if (window.state === undefined) {
      this.#inUseBytes += decodedBytes + decodedFactor * (window.to - window.from);
    }
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
    this.#inUseBytes += windowBytes + decodedBytes;
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
    window.from = window.to = 0;
    window.bytes = undefined;
    this.touch(owner);
  }

  /** Marks a key as changed. */
  touch(owner: CachedKey<A>): void {
    if (owner.dirty) return;
    owner.dirty = true;
    this.#dirty.push(owner);
    this.#dirtyBytes += owner.sourceBytes;
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
    }
    const isFull = this.#isFull;
    if (isFull) this.#letGo();
    for (const owner of this.#dirty) this.#pack(owner, isFull);
    this.#dirty = [];
    this.#dirtyBytes = 0;
  }

  get #packedMax(): number {
    return this.#part.bytesMax * (1 - decodedPart);
  }

  get #packedBytes(): number {
    return this.#packed.bytes + this.#known.size * entryBytes;
  }

  get #isFull(): boolean {
    return this.#packedBytes >= this.#packedMax ||
      this.#inUseBytes >= this.#part.bytesMax * decodedPart;
  }

  /** No key stays as an object, and those that were not in use of late go where they take too much. */
  #letGo(): void {
    for (const known of this.#inUse) known.owner = undefined;
    this.#inUse = [];
    this.#inUseBytes = 0;
    this.#latest = undefined;
    // Places are free of which no row has the size any more.
    const beginsAgain = this.#packed.freeBytes > this.#packedMax + freeBytesMin;
    if (!beginsAgain && this.#packedBytes < this.#packedMax) return;
    for (const [key, known] of this.#known) {
      const isOld = known.generation < this.#generation;
      if (isOld) this.#known.delete(key);
      if (isOld || (beginsAgain && known.place !== nowhere)) this.#move(known, inStore);
    }
    if (beginsAgain) this.#packed = new PackedRows();
    this.#generation += 1;
  }

  /**
   * Makes the row of this commit the one that a key's windows are parts of.
   *
   * @param isFull The key stays as an object only where the store gets more of it than its row, or
   *   that is too large.
   */
  #pack(owner: CachedKey<A>, isFull: boolean): void {
    const row = owner.row as Uint8Array;
    owner.row = undefined;
    const known = owner.known as KnownKey<A>;
    this.#move(known, inStore);
    const place = this.#packed.put(row);
    known.place = place ?? inStore;
    known.generation = this.#generation;
    const { bytes, begin } = place === undefined ? wholeRow(row.slice()) : this.#packed.at(place);
    if (!isFull) this.#inUseBytes += decodedFactor * Math.max(0, row.length - owner.sourceBytes);
    owner.source = bytes;
    owner.sourceAt = begin;
    owner.sourceBytes = row.length;
    if (!isFull) return;
    if (place === undefined || windowsWithRows(this.#topology, owner).length > 0) {
      this.#use(known, owner);
    }
  }

  #move(known: KnownKey<A>, place: number): void {
    if (known.place >= 0) this.#packed.giveBack(known.place);
    known.place = place;
  }

  /** The store has what was handed over. */
  settle(): void {
    this.#underWay = false;
  }

  [Symbol.dispose](): void {
    this.#part[Symbol.dispose]();
  }
}

/** Where a window with this start belongs, behind one that has it; from the end, as most do. */
function indexOf<A>(windows: readonly KeptWindow<A>[], startMs: number): number {
  let at = windows.length;
  while (at > 0 && (windows[at - 1] as KeptWindow<A>).startMs > startMs) at--;
  return at;
}

function bytesOfKey<A>({ key, windows, closedParts }: CachedKey<A>): number {
  return keyBytes + 2 * key.length + windowBytes * (windows.length + closedParts.length);
}
