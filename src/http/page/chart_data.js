// @ts-check

/** @typedef {import("../wire.ts").CandleJson} Candle */
/** @typedef {{ start: number, end: number }} EmptyWindow */
/** @typedef {Candle | EmptyWindow} Bar */
/** @typedef {{ upSoft: string, downSoft: string }} VolumeColors */

/**
 * The library counts time in seconds and puts its marks where days begin in UTC. So that they
 * begin where the reader's do, everything is moved by the zone's distance.
 *
 * @param {Bar} bar
 * @param {number} shiftMs
 * @returns {import("lightweight-charts").UTCTimestamp}
 */
export function chartTime(bar, shiftMs) {
  return /** @type {any} */ ((bar.start + shiftMs) / 1000);
}

/**
 * A bar, or a gap while no trade could move the price.
 *
 * @param {Bar} bar
 * @param {number} shiftMs
 */
export function candlePoint(bar, shiftMs) {
  const time = chartTime(bar, shiftMs);
  if (!("open" in bar)) return { time };
  const { open, high, low, close } = bar;
  if (open === null || high === null || low === null || close === null) return { time };
  return { time, open, high, low, close };
}

/**
 * @param {Bar} bar
 * @param {number} shiftMs
 * @param {VolumeColors} colors
 */
export function volumePoint(bar, shiftMs, colors) {
  const time = chartTime(bar, shiftMs);
  if (!("volume" in bar)) return { time };
  const color = (bar.close ?? 0) < (bar.open ?? 0) ? colors.downSoft : colors.upSoft;
  return { time, value: bar.volume, color };
}

/**
 * @param {Bar} bar
 * @param {number} shiftMs
 */
export function vwapPoint(bar, shiftMs) {
  const time = chartTime(bar, shiftMs);
  return !("vwap" in bar) || bar.vwap === null ? { time } : { time, value: bar.vwap };
}

/**
 * @param {Bar} bar
 * @param {number} shiftMs
 */
export function averagePoint(bar, shiftMs) {
  const time = chartTime(bar, shiftMs);
  return "price_volume_multiply" in bar ? { time, value: bar.price_volume_multiply } : { time };
}
