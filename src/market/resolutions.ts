import type { RollUpLevel } from "../streams/mod.ts";
import { resolutionName, summaryWindowMs } from "./tables.ts";

/** Lengths of the candles that are merged from the 15-second windows, shortest first, ms. */
const candleSizesMs: readonly number[] = [60_000, 300_000, 3_600_000, 86_400_000];

/** Every window length that is kept, by the name that tables and people give it. */
export const resolutions: ReadonlyMap<string, number> = new Map(
  [summaryWindowMs, ...candleSizesMs].map((sizeMs) => [resolutionName(sizeMs), sizeMs]),
);

/**
 * The candles of a job whose 15-second windows stay that long: as many of each length as of these.
 *
 * @param retentionMs Of the 15-second windows.
 */
export function candleLevels(retentionMs: number): RollUpLevel[] {
  const count = Math.ceil(retentionMs / summaryWindowMs);
  return candleSizesMs.map((sizeMs) => ({ sizeMs, retentionMs: count * sizeMs }));
}
