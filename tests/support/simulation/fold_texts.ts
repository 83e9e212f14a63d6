import type { ItemCounts } from "../../../src/streams/item_counts.ts";
import type { InputRecord } from "./input.ts";
import { windowMs } from "./model_windows.ts";

/** Whose event it is, and when it was received. */
export interface EventAt {
  readonly key: string;
  readonly timestampMs: number;
}

/** What is kept of a window. */
export interface Total {
  count: number;
  sum: number;
}

/** A row as the fold had it, and behind which record. */
export interface RowVersion {
  readonly text: string;
  readonly offset: number;
}

/** A key in the model. */
export interface KeyTime {
  streamTimeMs: number;
  closedToMs: number;
  /** By length. */
  readonly purgedToMs: number[];
  open: Set<number>;
  readonly openRollUps: readonly Set<number>[];
}

/** A key before its first event. */
export function newKeyTime(expiredToMs: number, [sizeMs, ...sizesMs]: readonly number[]): KeyTime {
  return {
    streamTimeMs: expiredToMs,
    closedToMs: expiredToMs,
    purgedToMs: [sizeMs, ...sizesMs].map(() => expiredToMs),
    open: new Set(),
    openRollUps: sizesMs.map(() => new Set<number>()),
  };
}

/** The partition's time, and what it makes of its keys. */
export interface ModelHorizon {
  timeMs: number;
  expiredToMs: number;
  events: number;
  leastMs: number;
}

/** The text of a key. */
export function keyText(
  { streamTimeMs, closedToMs, purgedToMs, open, openRollUps }: KeyTime,
): string {
  const texts = [open, ...openRollUps].map((starts, index) =>
    windowsText({
      openWindows: [...starts].sort((a, b) => a - b),
      purgedToMs: purgedToMs[index] as number,
    })
  );
  return `${streamTimeMs} ${closedToMs} ${texts.join(" | ")}`;
}

/** The windows of one length that a key has open, and to where they are gone. */
export function windowsText(
  { openWindows, purgedToMs }: {
    readonly openWindows: readonly number[];
    readonly purgedToMs: number;
  },
): string {
  return `[${openWindows.join()}] ${purgedToMs}`;
}

/** The text of a task's own record but for its input offset, which the caller knows. */
export function metaText(
  versionUs: number,
  { read, aggregated, late, deadLetters, duplicates }: Readonly<ItemCounts>,
  { timeMs, expiredToMs, events, leastMs }: Readonly<ModelHorizon>,
  latestMs: number | undefined,
): string {
  const counts = `${read} ${aggregated} ${late} ${deadLetters} ${duplicates}`;
  return `${versionUs} ${counts} ${timeMs} ${expiredToMs} ${events} ${leastMs} ${latestMs}`;
}

/** What the windows of a key hold that start in a stretch of time. */
export function totalOf(
  totals: ReadonlyMap<string, Total>,
  key: string,
  [fromMs, toMs]: readonly [fromMs: number, toMs: number],
): Total {
  const total = { count: 0, sum: 0 };
  for (let start = fromMs; start < toMs; start += windowMs) {
    const { count, sum } = totals.get(`window ${key} ${start}`) ?? { count: 0, sum: 0 };
    total.count += count;
    total.sum += sum;
  }
  return total;
}

/** Takes the starts of closed windows out. */
export function takeIf(open: Set<number>, isClosed: (start: number) => boolean): number[] {
  const closed = [...open].filter(isClosed);
  for (const start of closed) open.delete(start);
  return closed;
}

/** Where an event, or a whole record, comes from. */
export function originOf(record: InputRecord, offset: number, index: number | ""): string {
  return record.names?.origin(index) ?? `${offset}/${index}`;
}
