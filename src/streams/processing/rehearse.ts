import type { CachedKey } from "../state/cached_key.ts";
import type { WriteCache } from "../state/write_cache.ts";
import type { Topology } from "../topology/topology.ts";
import type { EventFold } from "./event_fold.ts";

/**
 * Adds an event to copies of its windows. A job that throws on it throws here, before the first
 * window has changed; where it does not continue, the session ends and nothing has to be kept.
 */
export function rehearse<E, A>(
  { aggregator, windowCodec, windows }: Topology<E, A, unknown>,
  cache: WriteCache<A>,
  event: E,
  { owner, fold, firstMs, lastMs }: {
    readonly owner: CachedKey<A>;
    readonly fold: EventFold<E, A>;
    readonly firstMs: number;
    readonly lastMs: number;
  },
): void {
  for (let startMs = firstMs; startMs <= lastMs; startMs += windows.advanceMs) {
    const window = cache.window(owner, startMs);
    const aggregate = window === undefined
      ? aggregator.initial()
      : windowCodec.decode(windowCodec.encode(window.state)).aggregate;
    fold.add(aggregate, event);
  }
}
