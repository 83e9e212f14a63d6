// @ts-check

/** @typedef {import("../wire.ts").CandleJson} Candle */
/** @typedef {{ upSoft: string, downSoft: string }} VolumeColors */

/**
 * The library counts time in seconds and puts its marks where days begin in UTC. So that they
 * begin where the reader's do, everything is moved by the zone's distance.
 *
 * @param {Candle} candle
 * @param {number} shiftMs
 * @returns {import("lightweight-charts").UTCTimestamp}
 */
export function chartTime(candle, shiftMs) {
  return /** @type {any} */ ((candle.start + shiftMs) / 1000);
}

/**
 * A bar, or a gap while no trade could move the price.
 *
 * @param {Candle} candle
 * @param {number} shiftMs
 */
export function candlePoint(candle, shiftMs) {
  const { open, high, low, close } = candle;
  const time = chartTime(candle, shiftMs);
  if (open === null || high === null || low === null || close === null) return { time };
  return { time, open, high, low, close };
}

/**
 * @param {Candle} candle
 * @param {number} shiftMs
 * @param {VolumeColors} colors
 */
export function volumePoint(candle, shiftMs, colors) {
  const color = (candle.close ?? 0) < (candle.open ?? 0) ? colors.downSoft : colors.upSoft;
  return { time: chartTime(candle, shiftMs), value: candle.volume, color };
}

/**
 * @param {Candle} candle
 * @param {number} shiftMs
 */
export function vwapPoint(candle, shiftMs) {
  const time = chartTime(candle, shiftMs);
  return candle.vwap === null ? { time } : { time, value: candle.vwap };
}

/**
 * @param {Candle} candle
 * @param {number} shiftMs
 */
export function averagePoint(candle, shiftMs) {
  return { time: chartTime(candle, shiftMs), value: candle.price_volume_multiply };
}
