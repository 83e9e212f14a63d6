import { assert } from "../../base/assert.ts";
import { type Duration, durationMs } from "./duration.ts";

/** Windows of one size, aligned to the epoch, `[start, end)`. */
export interface TimeWindows {
  /** Window length, ms, > 0. */
  readonly sizeMs: number;
  /** Distance between two starts, ms; the size for tumbling windows, less for hopping ones. */
  readonly advanceMs: number;
  /** How long after its end a window still accepts, ms of stream time, >= 0. */
  readonly graceMs: number;
  /** How long a window stays in the store after its start, ms of stream time. */
  readonly retentionMs: number;
  /** True for sessions: the size is their gap, and that of a session with one event. */
  readonly sessions?: boolean;
  /** True for windows that are made where a key has events, in place of all that the advance gives. */
  readonly sliding?: boolean;
  /** True for windows made by `hopping`: for the compiler alone, none have it. */
  readonly hopping?: boolean;
}

/** Windows of which one begins every so often, made by `hopping`. */
export interface HoppingWindows extends TimeWindows {
  /** See `TimeWindows`. */
  readonly hopping?: true;
}

/** Windows around the events of a key, made by `sliding`. */
export interface SlidingWindows extends TimeWindows {
  /** See `TimeWindows`. */
  readonly sliding: true;
}

/** Windows that grow with the events of a key, and become one where they meet. */
export interface SessionWindows extends TimeWindows {
  /** See `TimeWindows`. */
  readonly sessions: true;
}

/** Windows that one event may fall into; more would make every event that many times as dear. */
const windowsPerEventMax = 1_000;

/** What windows of one size may have beside it. */
export interface WindowOptions {
  /** How long after its end a window still accepts, in stream time of its key; 0 without it. */
  readonly grace?: Duration;
  /** How long after its start a window can be read; size + grace, the least, without it. */
  readonly retention?: Duration;
}

/**
 * Windows of which one begins every `advance`: an event falls into `size / advance` of them.
 *
 * @throws {InvariantError} If a length is not a whole number, the size not a multiple of the
 *   advance, or the retention shorter than the life of a window that still accepts.
 * @see Kafka Streams TimeWindows#advanceBy; differs: the size must be a multiple of the advance.
 */
export function hopping(
  size: Duration,
  options: WindowOptions & { readonly advance: Duration },
): HoppingWindows {
  return Object.freeze(timeWindows(size, options));
}

/** Windows without overlap: an event falls into exactly one. */
export function tumbling(size: Duration, options: WindowOptions = {}): TimeWindows {
  return Object.freeze(timeWindows(size, { ...options, advance: size }));
}

function timeWindows(
  size: Duration,
  { advance, grace = 0, retention }: WindowOptions & { readonly advance: Duration },
): Omit<TimeWindows, "hopping"> {
  const [sizeMs, advanceMs, graceMs] = [durationMs(size), durationMs(advance), durationMs(grace)];
  const retentionMs = durationMs(retention ?? sizeMs + graceMs);
  assert(Number.isSafeInteger(sizeMs) && sizeMs > 0, `window size must be > 0: ${sizeMs}`);
  assert(
    Number.isSafeInteger(advanceMs) && advanceMs > 0 && sizeMs % advanceMs === 0 &&
      sizeMs / advanceMs <= windowsPerEventMax,
    `advance must divide the size into at most ${windowsPerEventMax} steps: ${advanceMs}`,
  );
  assert(Number.isSafeInteger(graceMs) && graceMs >= 0, `grace must be >= 0: ${graceMs}`);
  assert(
    Number.isSafeInteger(retentionMs) && retentionMs >= sizeMs + graceMs,
    `retention must be >= size + grace: ${retentionMs}`,
  );
  return { sizeMs, advanceMs, graceMs, retentionMs };
}

/** Gaps that may fit into the grace: as many sessions of a key may be open, all in its row. */
const gapsOfGraceMax = 1_000;

/**
 * Sessions: a key's events with less than `gap` between one and the next, `[first, last + gap)`.
 *
 * An event that falls into the gap between two makes one of them. A session is known by its key and
 * start; where an earlier event moves the start, or a session becomes part of an earlier one, the
 * row of the former start is withdrawn (`SessionResult`).
 *
 * As for all windows, a session closes when `end + grace <= stream time`, and is final then. An event
 * is late where a session of its own would be closed, and no open one holds it: so one that is out
 * of order by no more than the grace never is. One that is in time for itself, and not for a closed
 * session less than a gap before it, begins another one.
 *
 * @param gap Also the size of a session with one event.
 * @param options.grace At most 1,000 gaps.
 * @param options.retention From a session's start, as for other windows: one that is longer cannot
 *   be queried once it is closed.
 * @throws {InvariantError} As `hopping`.
 * @see Kafka Streams SessionWindows; differs: there events a whole gap apart belong together, a
 *   session's end is its last event, its row has another key with each new end, and a closed one
 *   can still be merged.
 */
export function session(gap: Duration, options: WindowOptions = {}): SessionWindows {
  const { sizeMs, graceMs, retentionMs } = tumbling(gap, options);
  assert(
    graceMs <= gapsOfGraceMax * sizeMs,
    `grace must be at most ${gapsOfGraceMax} gaps: ${graceMs}`,
  );
  return Object.freeze({ sizeMs, advanceMs: 1, graceMs, retentionMs, sessions: true });
}

/** What sliding windows have beside their difference. */
export interface SlidingOptions extends Omit<WindowOptions, "grace"> {
  /** How far a value may be out of order, in stream time of its key: later ones are in no window. */
  readonly grace: Duration;
  /**
   * Values of one such stretch are taken for simultaneous; 1 ms without it. A busy key has fewer
   * windows so: at most 10,000 may be open of one, and what would need more is a dead letter.
   */
  readonly advance?: Duration;
}

/**
 * Windows of which each set of a key's values that lie no further apart than `difference` has one:
 * each value ends one, `[time - difference, time]`, and one begins behind each value that others
 * follow by then, `[time + 1, time + 1 + difference]`. They are `[start, end)` with a length of
 * difference and advance. None starts before the epoch.
 *
 * A value is in all of its windows, or in none: it is late where the window that it ends is closed,
 * so where it is out of order by more than the grace. A window closes when
 * `end + grace <= stream time`. See docs/adr/0030-sliding-windows.md.
 *
 * @throws {InvariantError} If a length is not a whole number, the difference not a multiple of the
 *   advance, or the retention shorter than the life of a window that still accepts.
 * @see Kafka Streams SlidingWindows (KIP-450); differs: there a value that is late for the window
 *   which it ends still counts in others, and a window made after that may lack it
 */
export function sliding(
  difference: Duration,
  { grace, advance = 1, retention }: SlidingOptions,
): SlidingWindows {
  const [differenceMs, advanceMs] = [durationMs(difference), durationMs(advance)];
  assert(
    Number.isSafeInteger(differenceMs) && differenceMs > 0,
    `difference must be > 0: ${differenceMs}`,
  );
  assert(
    Number.isSafeInteger(advanceMs) && advanceMs > 0 && differenceMs % advanceMs === 0,
    `advance must divide the difference: ${advanceMs}`,
  );
  const options = retention === undefined ? { grace } : { grace, retention };
  const { sizeMs, graceMs, retentionMs } = tumbling(differenceMs + advanceMs, options);
  return Object.freeze({ sizeMs, advanceMs, graceMs, retentionMs, sliding: true });
}

/**
 * The one window of a job without windows: it begins at the epoch, ends after every time that an
 * event can have, so never closes, and is kept as long as the state.
 *
 * @see Kafka Streams UnlimitedWindows
 */
export const unlimited: TimeWindows = tumbling(Number.MAX_SAFE_INTEGER);

/** True for the window of a job without windows. */
export function isUnlimited({ sizeMs }: Pick<TimeWindows, "sizeMs">): boolean {
  return sizeMs === unlimited.sizeMs;
}

/**
 * The latest window that an event falls into; with tumbling windows the only one.
 *
 * By division, as a remainder of numbers beyond 32 bits is a slow library call; exact for all safe
 * integers.
 *
 * @param eventTimeMs Epoch ms, >= 0.
 * @returns Its start; `start <= eventTimeMs < start + advanceMs`.
 */
export function lastWindowStart(eventTimeMs: number, { advanceMs }: TimeWindows): number {
  return Math.floor(eventTimeMs / advanceMs) * advanceMs;
}

/**
 * The earliest window that an event falls into; none starts before the epoch.
 *
 * @param lastMs Start of the latest one.
 * @returns Its start; the event's windows start there and every `advanceMs` up to the last one.
 * @see Kafka Streams TimeWindows#windowsFor
 */
export function firstWindowStart(lastMs: number, { advanceMs, sizeMs }: TimeWindows): number {
  return Math.max(0, lastMs + advanceMs - sizeMs);
}

/**
 * The start of the earliest window that a stream time leaves open, whether or not it exists.
 *
 * @returns The least possible start whose `closingTimeMs` lies after the stream time, >= 0.
 */
export function firstOpenStart(streamTimeMs: number, windows: TimeWindows): number {
  const closedMs = streamTimeMs - windows.sizeMs - windows.graceMs; // a start here is just closed
  return closedMs < 0 ? 0 : lastWindowStart(closedMs, windows) + windows.advanceMs;
}

/**
 * When a window closes: the least stream time with `end + grace <= stream time`, epoch ms.
 *
 * @see Kafka Streams KStreamWindowAggregate; its prose says "greater", its code agrees with this.
 */
export function closingTimeMs(startMs: number, { sizeMs, graceMs }: TimeWindows): number {
  return startMs + sizeMs + graceMs;
}

/**
 * Windows that start before this have outlived the retention.
 *
 * It moves in steps of about a twenty-fourth of the retention, so that expired windows go in bulk,
 * and depends on stream time alone, so that every run of the same input purges the same.
 *
 * @param keyHash Any whole number >= 0, the same for a key always: says when within a step the
 *   key's horizon moves, so that not all keys are purged by the same commit.
 */
export function purgeHorizonMs(
  streamTimeMs: number,
  windows: TimeWindows,
  keyHash: number,
): number {
  const { sizeMs, retentionMs } = windows;
  const steps = Math.max(1, Math.floor(retentionMs / 24 / sizeMs));
  const horizonMs = streamTimeMs - retentionMs;
  const phaseMs = (keyHash % steps) * sizeMs;
  return horizonMs < phaseMs ? 0 : horizonMs - (horizonMs - phaseMs) % (steps * sizeMs);
}
