/** How results are laid out in tables, whatever keeps them. */
import { assert } from "../base/assert.ts";
import type { WindowRow } from "./rows.ts";

/** The tables of raw trades: a bounded past, and everything by day. */
export type TradesTable = "recent" | "history";

/** Length of the windows that have a table of their own, `running_averages_15_sec`. */
export const summaryWindowMs = 15_000;

const units = [
  { letter: "d", ms: 86_400_000 },
  { letter: "h", ms: 3_600_000 },
  { letter: "m", ms: 60_000 },
  { letter: "s", ms: 1_000 },
] as const;

/**
 * Names a window length as tables and people do: `15s`, `1m`, `1h`.
 *
 * @param sizeMs Window length, whole seconds, in milliseconds.
 * @throws {InvariantError} If the length is not a positive number of whole seconds.
 */
export function resolutionName(sizeMs: number): string {
  const unit = units.find(({ ms }) => sizeMs >= ms && sizeMs % ms === 0);
  assert(unit !== undefined, `window length must be whole seconds: ${sizeMs} ms`);
  return `${sizeMs / unit.ms}${unit.letter}`;
}

/** The UTC date of a time, `YYYY-MM-DD`: `trade_date` of a trade. */
export function utcDate(timeMs: number): string {
  return new Date(timeMs).toISOString().slice(0, 10);
}

/** Columns of a trade outside the key. */
export const tradeColumns: readonly string[] = [
  "price",
  "volume",
  "trade_conditions",
  "ingest_timestamp",
];

/** Columns of a window outside the key, in the order of `windowValues`. */
export const windowColumns: readonly string[] = [
  "window_end",
  "open",
  "high",
  "low",
  "close",
  "volume",
  "trade_count",
  "price_volume_multiply",
  "vwap",
  "final",
  "ingest_timestamp",
];

/** A window's values outside the key, in the order of `windowColumns`; times are epoch ms. */
export function windowValues(row: WindowRow): (number | boolean | null)[] {
  return [
    row.endMs,
    row.open,
    row.high,
    row.low,
    row.close,
    row.volume,
    row.count,
    row.priceVolumeMultiply,
    row.vwap,
    row.final,
    row.receivedAtMs,
  ];
}
