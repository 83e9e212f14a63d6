import type { CachedKey, CachedWindow } from "../state/cached_key.ts";
import type { WriteCache } from "../state/write_cache.ts";
import type { EventContext, Fault, Topology } from "../topology/topology.ts";
import { firstWindowStart, lastWindowStart } from "../topology/windows.ts";
import type { WindowPlace } from "./window_place.ts";

/** Open windows of a key: each takes some 400 bytes, and an event may fall into all of them. */
const openWindowsMax = 10_000;

/** The windows around a time, as they were before its event. */
interface Around<A> {
  /** Those that hold the time, the latest first. */
  readonly holding: readonly CachedWindow<A>[];
  /** The latest of those that start before them. */
  readonly before: CachedWindow<A> | undefined;
  /** True where one begins behind the time. */
  readonly hasRight: boolean;
}

/** What an event makes beside what it adds to. */
interface Made<A> {
  /** The window that the event ends; `undefined` where there is one that starts with it. */
  readonly left: CachedWindow<A> | undefined;
  /** The one behind the event before it, which holds this one alone. */
  readonly behindPrevious: CachedWindow<A> | undefined;
  /** The one behind the event, of those that came before it and happened later. */
  readonly right: CachedWindow<A> | undefined;
}

/**
 * Puts events into the sliding windows of their keys, and makes those that begin or end with them.
 *
 * No event is looked at twice. The events that a new window begins with are all those of another
 * one: of the latest that starts before it, or before the event that it begins behind. Where that
 * one is closed already it is the newest of those, which the row of the key keeps (`closedParts`).
 * That holds as an event is in all of its windows or in none. See docs/adr/0030-sliding-windows.md.
 *
 * Owner: the record processor.
 */
export class Sliding<E, A> {
  readonly #job: Topology<E, A, unknown>;
  readonly #cache: WriteCache<A>;
  readonly #rehearses: boolean;

  /** @param options.rehearses True for a job that continues after its own code threw. */
  constructor(
    job: Topology<E, A, unknown>,
    cache: WriteCache<A>,
    { rehearses }: { readonly rehearses: boolean },
  ) {
    this.#job = job;
    this.#cache = cache;
    this.#rehearses = rehearses;
  }

  /** @returns The window that an event is late for, or why it has none; nothing where it has. */
  take(
    event: E,
    timeMs: number,
    context: EventContext,
    { owner, closedToMs, expired, fold }: WindowPlace<E, A>,
  ): { readonly startMs: number } | Fault | undefined {
    const { windows } = this.#job;
    const atMs = lastWindowStart(timeMs, windows);
    const leftMs = firstWindowStart(atMs, windows);
    if (leftMs < closedToMs) return { startMs: leftMs };
    const around = this.#around(owner, leftMs, atMs);
    const made = this.#made(around, leftMs, atMs);
    const fresh = Object.values(made).filter((window) => window !== undefined);
    const open = expired ? 0 : owner.windows.length;
    if (open + fresh.length > openWindowsMax) return crowded;
    const adding = [...around.holding, ...fresh].filter((window) => window !== made.right);
    if (this.#rehearses) { for (const { state } of adding) fold.add(this.#copyOf(state), event); }
    if (expired) this.#cache.renew(owner, closedToMs);
    for (const window of adding) {
      const { state } = window;
      state.aggregate = fold.add(state.aggregate, event);
      state.lastMs = Math.max(lastMsOf(window), atMs);
      this.#cache.stamp(owner, window, context);
    }
    for (const window of fresh) this.#cache.add(owner, window);
    if (made.right !== undefined) this.#cache.stamp(owner, made.right, context);
    return undefined;
  }

  /** Of a key that has expired none holds the time, and none has events to begin with. */
  #around(owner: CachedKey<A>, leftMs: number, atMs: number): Around<A> {
    const { advanceMs } = this.#job.windows;
    const holding: CachedWindow<A>[] = [];
    let hasRight = false;
    let at = owner.windows.length - 1;
    for (;; at--) {
      const window = owner.windows[at];
      if (window === undefined || window.startMs < leftMs) break;
      if (window.startMs <= atMs) holding.push(this.#cache.opened(owner, window));
      else if (window.startMs === atMs + advanceMs) hasRight = true;
    }
    const before = owner.windows[at] ?? owner.closedParts.at(-1);
    return { holding, before: before && this.#cache.opened(owner, before), hasRight };
  }

  #made({ holding, before, hasRight }: Around<A>, leftMs: number, atMs: number): Made<A> {
    const { advanceMs } = this.#job.windows;
    const [latest, earliest] = [holding[0], holding.at(-1)];
    const isLeft = earliest?.startMs === leftMs;
    // Neither is asked for the events that a window holds: the last one says enough.
    const previousMs = lastMsOf(isLeft ? earliest : before);
    const follows = previousMs >= leftMs && previousMs < atMs;
    const behindMs = previousMs + advanceMs;
    const isBehind = holding.some(({ startMs }) => startMs === behindMs);
    const isFollowed = !hasRight && lastMsOf(latest) > atMs;
    return {
      left: isLeft ? undefined : this.#window(leftMs, follows ? before : undefined),
      behindPrevious: follows && !isBehind ? this.#window(behindMs, undefined) : undefined,
      right: isFollowed ? this.#window(atMs + advanceMs, latest) : undefined,
    };
  }

  /** A window that begins with the events of another one. */
  #window(startMs: number, from: CachedWindow<A> | undefined): CachedWindow<A> {
    const window = this.#cache.newWindow(startMs);
    if (from === undefined) return window;
    window.state.aggregate = this.#copyOf(from.state);
    window.state.lastMs = lastMsOf(from);
    return window;
  }

  /** The job may change what it is given in place. */
  #copyOf(state: CachedWindow<A>["state"]): A {
    const { windowCodec, aggregator } = this.#job;
    if (state.lastMs === undefined) return aggregator.initial(); // no codec need write that
    return windowCodec.decode(windowCodec.encode(state)).aggregate;
  }
}

/** Time of the last event in a window, epoch ms; without one, earlier than any. */
function lastMsOf(window: CachedWindow<unknown> | undefined): number {
  return window?.state.lastMs ?? -1;
}

const crowded: Fault = {
  cause: "too-many-events",
  detail: `its key would have more than ${openWindowsMax} sliding windows open: ` +
    "a longer advance makes fewer",
};
