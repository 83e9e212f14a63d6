import { assert } from "../../base/assert.ts";
import { lastWindowStart, type TimeWindows, tumbling } from "./windows.ts";

/** One length of the windows that others are merged into. */
export interface RollUpLevel {
  /** Window length, ms: a multiple of the one below, the lowest of the base windows'. */
  readonly sizeMs: number;
  /** How long a window stays in the store after its start, ms of stream time. */
  readonly retentionMs: number;
}

/** Longer windows, each merged from those of the level below it. */
export interface RollUps<A> {
  /**
   * Adds one aggregate to another, which may be changed in place; called with the earlier windows
   * first. What is added to an aggregate of no events must be what comes out.
   */
  merge(into: A, from: A): A;
  /** Shortest first; windows as `tumbling` makes them will do. */
  readonly levels: readonly RollUpLevel[];
}

/** As `RollUps`, checked, with windows that can be reckoned with. */
export interface CheckedRollUps<A> {
  /** As of `RollUps`. */
  merge(into: A, from: A): A;
  /** Shortest first. */
  readonly levels: readonly TimeWindows[];
}

/**
 * Checks roll-ups, none by default, against the windows that they are merged from.
 *
 * @throws {InvariantError} If the base windows overlap, a length is not a multiple of the one
 *   below, or a level does not keep its windows until they are closed.
 */
export function checkedRollUps<A>(
  base: TimeWindows,
  { merge, levels }: RollUps<A> = { merge: (into) => into, levels: [] },
): CheckedRollUps<A> {
  assert(levels.length === 0 || base.advanceMs === base.sizeMs, "roll-ups need tumbling windows");
  let below = base;
  const checked = levels.map(({ sizeMs, retentionMs }) => {
    assert(
      sizeMs > below.sizeMs && sizeMs % below.sizeMs === 0,
      `roll-up size must be a multiple of ${below.sizeMs}: ${sizeMs}`,
    );
    return below = tumbling(sizeMs, { grace: base.graceMs, retention: retentionMs });
  });
  return { merge, levels: checked };
}

/** Start of the roll-up that a window is part of, epoch ms. */
export function rollUpStart(startMs: number, level: TimeWindows): number {
  return lastWindowStart(startMs, level);
}
