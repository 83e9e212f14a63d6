import { decodeState } from "./codec.ts";
import type { EngineCodecs, KeyState, WindowState } from "./state.ts";
import type { StateStore } from "./ports.ts";
import { murmur2 } from "./partitioner.ts";
import { keyStateKey, windowKey } from "./store_keys.ts";
import { encodeText } from "./text.ts";
import type { Topology } from "./topology.ts";

/** One window in memory. */
export interface CachedWindow<A> {
  readonly startMs: number;
  readonly state: WindowState<A>;
  /** Changed since the last commit. */
  dirty: boolean;
}

/** One key in memory with those of its windows that were touched. */
export interface CachedKey<A> {
  readonly key: string;
  readonly state: KeyState;
  readonly windows: Map<number, CachedWindow<A>>;
  /** The window asked for last: nearly always the next one, too. */
  latest: CachedWindow<A> | undefined;
  /** A hash of the key: see `purgeHorizonMs`. */
  readonly spread: number;
  /** False for a key of which the store has nothing yet. */
  stored: boolean;
  /** Changed since the last commit, or one of its windows was. */
  dirty: boolean;
}

/**
 * Keys and windows of a generation, of which there are two in memory: about 500 bytes each, so a
 * quarter of a gigabyte for a task with that many in use, and little for others.
 */
const generationMax = 250_000;

/**
 * The state of one task between commits: what changed, and what was read for it.
 *
 * A key changed a thousand times is written once. Reading is synchronous, so there is no moment
 * between reading a key and changing it.
 *
 * Owner: the task. Guarantee: nothing reaches the store before `settle`, which the commit calls
 * after the store has the changes.
 */
export class WriteCache<A> {
  readonly #store: StateStore;
  readonly #codecs: EngineCodecs;
  readonly #topology: Pick<Topology<never, A, never>, "windowCodec" | "aggregator">;
  /** Keys used since the last change of generations. */
  #young = new Map<string, CachedKey<A>>();
  /** Those used before it, all clean; what is used again becomes young. */
  #old = new Map<string, CachedKey<A>>();
  /** Keys and windows that became young since then. */
  #entries = 0;
  readonly #dirty = new Set<CachedKey<A>>();

  constructor(
    store: StateStore,
    codecs: EngineCodecs,
    topology: Pick<Topology<never, A, never>, "windowCodec" | "aggregator">,
  ) {
    this.#store = store;
    this.#codecs = codecs;
    this.#topology = topology;
  }

  /** Keys changed since the last commit. */
  get dirtyKeys(): ReadonlySet<CachedKey<A>> {
    return this.#dirty;
  }

  /** The key's time and windows; a key that was never seen stands at the epoch. */
  key(key: string): CachedKey<A> {
    const cached = this.#young.get(key);
    if (cached !== undefined) return cached;
    const entry = this.#old.get(key) ?? this.#loadKey(key);
    this.#young.set(key, entry);
    this.#entries += 1 + entry.windows.size;
    return entry;
  }

  #loadKey(key: string): CachedKey<A> {
    const stored = this.#store.get(keyStateKey(key));
    const state: KeyState = stored === undefined
      ? { streamTimeMs: 0, openWindows: [], purgedToMs: 0 }
      : decodeState(this.#codecs.keyState, stored);
    return {
      key,
      state,
      windows: new Map(),
      latest: undefined,
      spread: murmur2(encodeText(key)) >>> 0,
      stored: stored !== undefined,
      dirty: false,
    };
  }

  /** A window of the key, or `undefined` if it has none that starts there. */
  window(owner: CachedKey<A>, startMs: number): CachedWindow<A> | undefined {
    if (owner.latest?.startMs === startMs) return owner.latest;
    owner.latest = owner.windows.get(startMs) ?? this.#load(owner, startMs);
    return owner.latest;
  }

  #load(owner: CachedKey<A>, startMs: number): CachedWindow<A> | undefined {
    const stored = this.#store.get(windowKey(owner.key, startMs));
    if (stored === undefined) return undefined;
    const state = decodeState(this.#topology.windowCodec, stored);
    const window: CachedWindow<A> = { startMs, state, dirty: false };
    this.add(owner, window);
    return window;
  }

  /** A window without events, in no cache yet. */
  newWindow(startMs: number): CachedWindow<A> {
    return {
      startMs,
      state: {
        aggregate: this.#topology.aggregator.initial(),
        final: false,
        versionUs: 0,
        receivedAtMs: 0,
      },
      dirty: false,
    };
  }

  /** Makes a new window one of the key's. */
  add(owner: CachedKey<A>, window: CachedWindow<A>): void {
    owner.windows.set(window.startMs, window);
    this.#entries += 1;
  }

  /** Marks a key as changed. */
  touch(owner: CachedKey<A>): void {
    if (owner.dirty) return;
    owner.dirty = true;
    this.#dirty.add(owner);
  }

  /** Forgets that anything changed, and windows that no event can change any more. */
  settle(): void {
    for (const owner of this.#dirty) {
      owner.dirty = false;
      owner.stored = true;
      owner.latest = undefined;
      for (const window of owner.windows.values()) {
        window.dirty = false;
        if (window.state.final) owner.windows.delete(window.startMs);
      }
    }
    this.#dirty.clear();
    if (this.#entries < generationMax) return;
    this.#old = this.#young;
    this.#young = new Map();
    this.#entries = 0;
  }
}
