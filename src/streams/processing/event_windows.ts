import type { WriteCache } from "../state/write_cache.ts";
import type { EventContext, Fault, Topology } from "../topology/topology.ts";
import { Sessions } from "./sessions.ts";
import { Sliding } from "./sliding.ts";
import type { WindowPlace } from "./window_place.ts";

/** Windows that are where the events of a key are. */
export interface EventWindows<E, A> {
  /**
   * Adds an event to its windows.
   *
   * @returns The window that an event is late for, or why it has none; nothing where it has.
   */
  take(
    event: E,
    timeMs: number,
    context: EventContext,
    place: WindowPlace<E, A>,
  ): { readonly startMs: number } | Fault | undefined;
}

/** For a job whose windows are sessions, or slide. */
export function eventWindows<E, A>(
  job: Topology<E, A, unknown>,
  cache: WriteCache<A>,
  options: { readonly rehearses: boolean },
): EventWindows<E, A> | undefined {
  if (job.windows.sessions === true) return new Sessions(job, cache, options);
  return job.windows.sliding === true ? new Sliding(job, cache, options) : undefined;
}
