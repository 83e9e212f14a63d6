import { assert } from "../base/assert.ts";

/** Tumbling windows: fixed size, no overlap, aligned to the epoch, `[start, end)`. */
export interface TumblingWindows {
  /** Window length, ms, > 0. */
  readonly sizeMs: number;
  /** How long after its end a window still accepts, ms of stream time, >= 0. */
  readonly graceMs: number;
  /** How long a window stays in the store after its start, ms of stream time. */
  readonly retentionMs: number;
}

/**
 * Describes tumbling windows.
 *
 * @throws {InvariantError} If a length is not a whole number, or the retention is shorter than a
 *   window that still accepts.
 */
export function tumbling(windows: TumblingWindows): TumblingWindows {
  const { sizeMs, graceMs, retentionMs } = windows;
  assert(Number.isSafeInteger(sizeMs) && sizeMs > 0, `window size must be > 0: ${sizeMs}`);
  assert(Number.isSafeInteger(graceMs) && graceMs >= 0, `grace must be >= 0: ${graceMs}`);
  assert(
    Number.isSafeInteger(retentionMs) && retentionMs >= sizeMs + graceMs,
    `retention must be >= size + grace: ${retentionMs}`,
  );
  return Object.freeze({ ...windows });
}

/**
 * The window that an event falls into.
 *
 * @param eventTimeMs Epoch ms, >= 0.
 * @returns Its start; `start <= eventTimeMs < start + sizeMs`.
 * @see Kafka Streams TimeWindows#windowsFor; differs: one window, no list.
 */
export function windowStart(eventTimeMs: number, sizeMs: number): number {
  return eventTimeMs - (eventTimeMs % sizeMs);
}

/**
 * True when a window accepts no more: `end + grace <= stream time`.
 *
 * @see Kafka Streams KStreamWindowAggregate; its prose says "greater", its code agrees with this.
 */
export function isClosed(startMs: number, streamTimeMs: number, windows: TumblingWindows): boolean {
  return startMs + windows.sizeMs + windows.graceMs <= streamTimeMs;
}

/**
 * Windows that start before this have outlived the retention.
 *
 * It moves in steps of about a twenty-fourth of the retention, so that expired windows go in bulk,
 * and depends on stream time alone, so that every run of the same input purges the same.
 */
export function purgeHorizonMs(streamTimeMs: number, windows: TumblingWindows): number {
  const stepMs = Math.max(1, Math.floor(windows.retentionMs / 24 / windows.sizeMs)) *
    windows.sizeMs;
  const horizonMs = streamTimeMs - windows.retentionMs;
  return horizonMs <= 0 ? 0 : horizonMs - (horizonMs % stepMs);
}
