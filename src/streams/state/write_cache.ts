import { decodeState } from "../topology/codec.ts";
import { firstEndMs } from "../topology/roll_ups.ts";
import type { EngineCodecs, KeyState, WindowsState, WindowState } from "./state.ts";
import type { StateStore } from "../ports.ts";
import { murmur2 } from "../partitioner.ts";
import { keyStateKey, rollUpRange, windowKey, windowRange, windowStartOf } from "./store_keys.ts";
import { encodeText } from "../text.ts";
import type { EventContext, Topology } from "../topology/topology.ts";
import type { TimeWindows } from "../topology/windows.ts";

/** One window in memory. */
export interface CachedWindow<A> {
  readonly startMs: number;
  readonly state: WindowState<A>;
  /** Changed since the last commit. */
  dirty: boolean;
}

/** One rolled-up window in memory: merged again at each commit that changed a part of it. */
export interface CachedRollUp<A> extends CachedWindow<A> {
  state: WindowState<A>;
  /** The windows it is merged from, ascending; `undefined` until they are read from the store. */
  parts: CachedWindow<A>[] | undefined;
}

/** One key in memory with those of its windows that were touched. */
export interface CachedKey<A> {
  readonly key: string;
  readonly state: KeyState;
  readonly windows: Map<number, CachedWindow<A>>;
  /** Rolled-up windows that are not final yet, by level. */
  readonly rollUps: readonly Map<number, CachedRollUp<A>>[];
  /** First end of a rolled-up window that is open, epoch ms. */
  rollUpEndMs: number;
  /** The window asked for last: nearly always the next one, too. */
  latest: CachedWindow<A> | undefined;
  /** Its windows that start before this are gone, as it had expired, epoch ms. */
  renewedFromMs: number;
  /** A hash of the key: see `purgeHorizonMs`. */
  readonly keyHash: number;
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

/** What the cache must know of a job. */
type CachedTopology<A> = Pick<
  Topology<never, A, never>,
  "windowCodec" | "aggregator" | "rollUps"
>;

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
  readonly #topology: CachedTopology<A>;
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
    topology: CachedTopology<A>,
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
    this.#entries += entriesOf(entry);
    return entry;
  }

  #loadKey(key: string): CachedKey<A> {
    const { levels } = this.#topology.rollUps;
    const stored = this.#store.get(keyStateKey(key));
    const state: KeyState = stored === undefined
      ? { ...noWindows(), streamTimeMs: 0, closedToMs: 0, rollUps: levels.map(noWindows) }
      : decodeState(this.#codecs.keyState, stored);
    return {
      key,
      state,
      windows: new Map(),
      rollUps: levels.map(() => new Map()),
      rollUpEndMs: firstEndMs(state, levels),
      latest: undefined,
      renewedFromMs: 0,
      keyHash: murmur2(encodeText(key)) >>> 0,
      stored: stored !== undefined,
      dirty: false,
    };
  }

  /** Begins a key again that has expired, or was never seen: windows before `fromMs` are closed. */
  renew(owner: CachedKey<A>, fromMs: number): void {
    const { state } = owner;
    state.streamTimeMs = fromMs;
    state.closedToMs = fromMs;
    for (const windows of [state, ...state.rollUps]) windows.openWindows = [];
    owner.rollUpEndMs = Infinity;
    owner.renewedFromMs = fromMs;
  }

  /** True for a key that changed since the last commit. */
  isDirty(key: string): boolean {
    return this.#young.get(key)?.dirty === true;
  }

  /** Takes a key for one that the store does not have. */
  forget(key: string): void {
    this.#young.delete(key);
    this.#old.delete(key);
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
    const window = this.#read(startMs, stored);
    this.add(owner, window);
    return window;
  }

  #read(startMs: number, stored: Uint8Array): CachedWindow<A> {
    return { startMs, state: decodeState(this.#topology.windowCodec, stored), dirty: false };
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

  /** Makes a rolled-up window that has no parts yet one of the key's. */
  addRollUp(owner: CachedKey<A>, level: number, startMs: number): void {
    this.#putRollUp(owner, level, { ...this.newWindow(startMs), parts: [] });
  }

  /** A rolled-up window of the key that is open, or was until its next commit. */
  rollUp(owner: CachedKey<A>, level: number, startMs: number): CachedRollUp<A> {
    return owner.rollUps[level]?.get(startMs) ??
      this.#putRollUp(owner, level, { ...this.newWindow(startMs), parts: undefined });
  }

  #putRollUp(owner: CachedKey<A>, level: number, rollUp: CachedRollUp<A>): CachedRollUp<A> {
    owner.rollUps[level]?.set(rollUp.startMs, rollUp);
    this.#entries += 1;
    return rollUp;
  }

  /**
   * What the parts of a rolled-up window are that did not begin in this session, ascending.
   *
   * A part that is in memory already is that one, never a second one of the same window.
   */
  async readParts(owner: CachedKey<A>, level: number, fromMs: number): Promise<CachedWindow<A>[]> {
    const { levels } = this.#topology.rollUps;
    const toMs = fromMs + (levels[level] as TimeWindows).sizeMs;
    const below = levels[level - 1];
    const cached: ReadonlyMap<number, CachedWindow<A>> = owner.rollUps[level - 1] ?? owner.windows;
    const parts = new Map<number, CachedWindow<A>>();
    const range = below === undefined
      ? windowRange(owner.key, fromMs, toMs)
      : rollUpRange(owner.key, below.sizeMs, fromMs, toMs);
    for await (const { key, value } of this.#store.scan(range)) {
      const startMs = windowStartOf(key);
      parts.set(startMs, cached.get(startMs) ?? this.#keepPart(owner, level, startMs, value));
    }
    for (const part of cached.values()) {
      if (part.startMs >= fromMs && part.startMs < toMs) parts.set(part.startMs, part);
    }
    return [...parts.values()].sort((a, b) => a.startMs - b.startMs);
  }

  /** A part just read; one that may still change becomes one of the key's. */
  #keepPart(
    owner: CachedKey<A>,
    level: number,
    startMs: number,
    stored: Uint8Array,
  ): CachedWindow<A> {
    const part = this.#read(startMs, stored);
    if (part.state.final) this.#entries += 1;
    else if (level === 0) this.add(owner, part);
    else return this.#putRollUp(owner, level - 1, { ...part, parts: undefined });
    return part;
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
      for (const rollUps of owner.rollUps) settleRollUps(rollUps);
    }
    this.#dirty.clear();
    if (this.#entries < generationMax) return;
    this.#old = this.#young;
    this.#young = new Map();
    this.#entries = 0;
  }
}

/** Takes note of the event that changed a window. */
export function stamp<A>(
  window: CachedWindow<A>,
  { versionUs, record }: Pick<EventContext, "versionUs" | "record">,
): void {
  window.state.versionUs = versionUs;
  window.state.receivedAtMs = record.timestampMs;
  window.dirty = true;
}

/** Those that are final change no more: they live on as parts of others only. */
function settleRollUps<A>(rollUps: Map<number, CachedRollUp<A>>): void {
  for (const rollUp of rollUps.values()) {
    rollUp.dirty = false;
    if (!rollUp.state.final) continue;
    rollUp.parts = undefined;
    rollUps.delete(rollUp.startMs);
  }
}

/** A key, its windows, and what its rolled-up windows hold on to. */
function entriesOf<A>({ windows, rollUps }: CachedKey<A>): number {
  let entries = 1 + windows.size;
  for (const level of rollUps) {
    for (const { parts } of level.values()) entries += 1 + (parts?.length ?? 0);
  }
  return entries;
}

function noWindows(): WindowsState {
  return { openWindows: [], purgedToMs: 0 };
}
