import { InvariantError } from "../../base/assert.ts";
import { rollUpStart } from "../topology/roll_ups.ts";
import type { TimeWindows } from "../topology/windows.ts";
import type { StateStore } from "../ports.ts";
import {
  type CachedKey,
  type CachedWindow,
  type KeyTopology,
  newWindow,
  opened,
} from "./cached_key.ts";

/**
 * The open windows of a key as they are now, by length, each ascending; those of the job first.
 *
 * A rolled-up window is a function of its parts alone, and these of the input: however the input is
 * cut into commits, and whatever crashed between them, its sums are the same to the last bit. Parts
 * close in ascending order, so that those which are closed can be kept merged, and what is still
 * open comes behind them.
 */
export function openWindows<A>(
  job: KeyTopology<A>,
  store: Pick<StateStore, "get">,
  owner: CachedKey<A>,
): CachedWindow<A>[][] {
  let parts = owner.windows.map((window) => opened(job, store, owner, window));
  const lengths = [parts];
  for (const [index, level] of job.rollUps.levels.entries()) {
    const closed = owner.closedParts[index];
    parts = wholesOf(job, level, closed && opened(job, store, owner, closed), parts);
    lengths.push(parts);
  }
  return lengths;
}

function wholesOf<A>(
  job: KeyTopology<A>,
  level: TimeWindows,
  closed: CachedWindow<A> | undefined,
  parts: readonly CachedWindow<A>[],
): CachedWindow<A>[] {
  const wholes: CachedWindow<A>[] = [];
  let whole: CachedWindow<A> | undefined;
  const add = (startMs: number, part: CachedWindow<A>) => {
    if (whole?.startMs !== startMs) wholes.push(whole = newWindow(job, startMs));
    addPart(job, whole, part);
  };
  if (closed !== undefined) add(closed.startMs, closed);
  for (const part of parts) add(rollUpStart(part.startMs, level), part);
  return wholes;
}

/**
 * Merges a part into the window above it, behind all that were merged before; the write time is
 * that of the last event that changed a part or closed it.
 */
export function addPart<A>(
  { rollUps }: KeyTopology<A>,
  { state: into }: CachedWindow<A>,
  { state: from }: CachedWindow<A>,
): void {
  try {
    into.aggregate = rollUps.merge(into.aggregate, from.aggregate);
  } catch (cause) {
    // It is no event's fault, and half of it may be done.
    throw new InvariantError("aggregates cannot be merged", { cause });
  }
  if (from.versionUs < into.versionUs) return;
  // Parts that were written again have the same write time, and keep their receive times.
  const isLater = from.versionUs > into.versionUs;
  into.receivedAtMs = isLater ? from.receivedAtMs : Math.max(into.receivedAtMs, from.receivedAtMs);
  into.versionUs = from.versionUs;
}
