// @ts-check

/** @typedef {import("../wire.ts").CandleJson} Candle */
/** @typedef {{ upSoft: string, downSoft: string }} VolumeColors */

/**
 * The library counts time in seconds of UTC.
 *
 * @param {Candle} candle
 * @returns {import("lightweight-charts").UTCTimestamp}
 */
export function chartTime(candle) {
  return /** @type {any} */ (candle.start / 1000);
}

/**
 * A bar, or a gap while no trade could move the price.
 *
 * @param {Candle} candle
 */
export function candlePoint(candle) {
  const { open, high, low, close } = candle;
  const time = chartTime(candle);
  if (open === null || high === null || low === null || close === null) return { time };
  return { time, open, high, low, close };
}

/**
 * @param {Candle} candle
 * @param {VolumeColors} colors
 */
export function volumePoint(candle, colors) {
  const color = (candle.close ?? 0) < (candle.open ?? 0) ? colors.downSoft : colors.upSoft;
  return { time: chartTime(candle), value: candle.volume, color };
}

/** @param {Candle} candle */
export function vwapPoint(candle) {
  const time = chartTime(candle);
  return candle.vwap === null ? { time } : { time, value: candle.vwap };
}

/** @param {Candle} candle */
export function averagePoint(candle) {
  return { time: chartTime(candle), value: candle.price_volume_multiply };
}
