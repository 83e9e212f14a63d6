import {
  type CachedKey,
  type CachedWindow,
  type KeptWindow,
  type KeyTopology,
  newWindow,
} from "../state/cached_key.ts";
import { addPart } from "../state/open_roll_ups.ts";
import type { WriteCache } from "../state/write_cache.ts";
import { lastEventMs } from "./sessions.ts";
import { rollUpStart } from "../topology/roll_ups.ts";
import type { EventContext } from "../topology/topology.ts";
import { closingTimeMs, firstOpenStart } from "../topology/windows.ts";

/**
 * Closes windows of a key, one after the other, and with them the rolled-up windows that have no
 * open part left.
 *
 * Owner: the record processor, for one event.
 */
class Closing<A> {
  readonly #job: KeyTopology<A>;
  readonly #cache: WriteCache<A>;
  readonly #owner: CachedKey<A>;
  readonly #context: EventContext;

  constructor(
    job: KeyTopology<A>,
    cache: WriteCache<A>,
    owner: CachedKey<A>,
    context: EventContext,
  ) {
    this.#job = job;
    this.#cache = cache;
    this.#owner = owner;
    this.#context = context;
  }

  /** Closes all that start before the key's `closedToMs`. */
  close(): void {
    const { windows, state: { closedToMs }, closedParts } = this.#owner;
    let closed = 0;
    // The window of the event that moved the time is open still.
    while (this.#isClosed(windows[closed] as KeptWindow<A>)) closed++;
    for (const window of windows.splice(0, closed)) {
      this.#leave(0, this.#cache.opened(this.#owner, window));
      if (this.#job.windows.sliding === true) closedParts[0] = window;
    }
    for (const [index, level] of this.#job.rollUps.levels.entries()) {
      const endsToMs = rollUpStart(closedToMs, level);
      const parts = closedParts[index];
      if (parts !== undefined && parts.startMs < endsToMs) this.#closeWhole(index, parts);
    }
  }

  /** By its last event where it is a session, else by its start, which `lastEventMs` gives then. */
  #isClosed(window: KeptWindow<A>): boolean {
    const { closedToMs } = this.#owner.state;
    return lastEventMs(this.#cache.opened(this.#owner, window)) < closedToMs;
  }

  #leave(length: number, window: CachedWindow<A>): void {
    window.state.final = true;
    this.#cache.stamp(this.#owner, window, this.#context);
    this.#owner.left.push({ length, window });
    this.#absorb(length, window);
  }

  /** Makes a closed window part of the one above it; one that has got its last part is closed. */
  #absorb(index: number, part: CachedWindow<A>): void {
    const level = this.#job.rollUps.levels[index];
    if (level === undefined) return;
    const startMs = rollUpStart(part.startMs, level);
    const { closedParts } = this.#owner;
    const before = closedParts[index];
    if (before !== undefined && before.startMs !== startMs) this.#closeWhole(index, before);
    const parts = this.#cache.opened(
      this.#owner,
      closedParts[index] ??= newWindow(this.#job, startMs),
    );
    addPart(this.#job, parts, part);
    this.#cache.changed(this.#owner, parts);
  }

  #closeWhole(index: number, whole: KeptWindow<A>): void {
    this.#owner.closedParts[index] = undefined;
    this.#leave(index + 1, this.#cache.opened(this.#owner, whole));
  }
}

/** Moves a key's stream time and closes the windows that it leaves behind. */
export function advance<A>(
  job: KeyTopology<A>,
  cache: WriteCache<A>,
  owner: CachedKey<A>,
  timeMs: number,
  context: EventContext,
): void {
  const { state } = owner;
  const { windows } = job;
  state.streamTimeMs = timeMs;
  if (timeMs < closingTimeMs(state.closedToMs, windows)) return;
  state.closedToMs = firstOpenStart(timeMs, windows);
  new Closing(job, cache, owner, context).close();
}
