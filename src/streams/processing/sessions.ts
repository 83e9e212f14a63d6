import { InvariantError } from "../../base/assert.ts";
import type { CachedKey, CachedWindow, KeptWindow } from "../state/cached_key.ts";
import type { WriteCache } from "../state/write_cache.ts";
import type { EventContext, Topology } from "../topology/topology.ts";
import type { EventFold } from "./event_fold.ts";
import type { WindowPlace } from "./window_place.ts";

/** Time of the last event of a session, epoch ms. */
export function lastEventMs(
  { startMs, state: { spanMs = 0 } }: CachedWindow<unknown>,
): number {
  return startMs + spanMs;
}

/**
 * Puts events into the sessions of their keys, and makes one of those that an event joins.
 *
 * The sessions of a key are at least a gap apart, so that an event joins two at most. Of what was
 * withdrawn a copy is kept: the job may change what it is given in place, and a result must not
 * depend on what came between it and its commit.
 *
 * Owner: the record processor.
 */
export class Sessions<E, A> {
  readonly #job: Topology<E, A, unknown>;
  readonly #cache: WriteCache<A>;
  readonly #gapMs: number;
  readonly #rehearses: boolean;

  /** @param options.rehearses True for a job that continues after its own code threw. */
  constructor(
    job: Topology<E, A, unknown>,
    cache: WriteCache<A>,
    { rehearses }: { readonly rehearses: boolean },
  ) {
    this.#job = job;
    this.#cache = cache;
    this.#gapMs = job.windows.sizeMs;
    this.#rehearses = rehearses;
  }

  /** @returns The session that an event is late for. */
  take(
    event: E,
    timeMs: number,
    context: EventContext,
    place: WindowPlace<E, A>,
  ): { readonly startMs: number } | undefined {
    const { owner, closedToMs, expired, fold } = place;
    const near = expired ? [] : this.#near(owner, timeMs);
    if (timeMs < closedToMs && !near.some(({ startMs }) => startMs <= timeMs)) {
      return { startMs: timeMs };
    }
    if (this.#rehearses) this.#rehearse(event, near, fold);
    if (expired) this.#cache.renew(owner, closedToMs);
    this.#add(event, timeMs, context, { owner, near, fold });
    return undefined;
  }

  /** Adds an event to copies of its sessions: throws where the job does. */
  #rehearse(event: E, near: readonly CachedWindow<A>[], fold: EventFold<E, A>): void {
    const { aggregator } = this.#job;
    const aggregates = near.map((session) => this.#copyOf(session));
    const [first = aggregator.initial(), ...others] = aggregates;
    fold.add(others.reduce((into, from) => this.#merged(into, from), first), event);
  }

  #add(
    event: E,
    timeMs: number,
    context: EventContext,
    { owner, near, fold }: {
      readonly owner: CachedKey<A>;
      readonly near: readonly CachedWindow<A>[];
      readonly fold: EventFold<E, A>;
    },
  ): void {
    const [first, ...others] = near;
    const lastMs = Math.max(timeMs, ...near.map(lastEventMs));
    const session = first !== undefined && first.startMs <= timeMs
      ? first
      : this.#begin(timeMs, owner, first);
    const { state } = session;
    if (session !== first && first !== undefined) this.#withdraw(first, owner, context);
    for (const other of others) {
      state.aggregate = this.#merged(state.aggregate, this.#copyOf(other));
      this.#withdraw(other, owner, context);
    }
    state.aggregate = fold.add(state.aggregate, event);
    state.spanMs = lastMs - session.startMs;
    this.#cache.stamp(owner, session, context);
  }

  /** A session that begins with an event, and continues as another one where there is one. */
  #begin(
    timeMs: number,
    owner: CachedKey<A>,
    later: CachedWindow<A> | undefined,
  ): CachedWindow<A> {
    const session = this.#cache.newWindow(timeMs);
    if (later !== undefined) session.state.aggregate = this.#copyOf(later);
    this.#cache.add(owner, session);
    return session;
  }

  /** The open sessions less than a gap from a time, ascending. */
  #near(owner: CachedKey<A>, timeMs: number): CachedWindow<A>[] {
    const near: CachedWindow<A>[] = [];
    for (let at = owner.windows.length - 1; at >= 0; at--) {
      const kept = owner.windows[at] as KeptWindow<A>;
      if (kept.startMs >= timeMs + this.#gapMs) continue;
      const session = this.#cache.opened(owner, kept);
      if (lastEventMs(session) + this.#gapMs <= timeMs) break;
      near.unshift(session);
    }
    return near;
  }

  #withdraw(session: CachedWindow<A>, owner: CachedKey<A>, context: EventContext): void {
    session.state.final = true;
    session.state.withdrawn = true;
    this.#cache.remove(owner, session);
    this.#cache.stamp(owner, session, context);
    owner.left.push({ length: 0, window: session });
  }

  #merged(into: A, from: A): A {
    try {
      return this.#job.rollUps.merge(into, from);
    } catch (cause) {
      // It is no event's fault, and half of it may be done.
      throw new InvariantError("aggregates cannot be merged", { cause });
    }
  }

  #copyOf({ state }: CachedWindow<A>): A {
    const { windowCodec } = this.#job;
    return windowCodec.decode(windowCodec.encode(state)).aggregate;
  }
}
