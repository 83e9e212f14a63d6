import type { WindowRow } from "../market/rows.ts";
import { utcDate } from "../market/tables.ts";

const minuteMs = 60_000;
const hourMs = 3_600_000;

/**
 * First day of the `candles` partition of a window: of its day, month or year, by its length.
 *
 * Keeps a partition between 366 rows (days of a year) and 44,640 (minutes of a month).
 */
export function candleBucket({ sizeMs, startMs }: Pick<WindowRow, "sizeMs" | "startMs">): string {
  const date = utcDate(startMs);
  if (sizeMs < minuteMs) return date;
  return sizeMs < hourMs ? `${date.slice(0, 7)}-01` : `${date.slice(0, 4)}-01-01`;
}
