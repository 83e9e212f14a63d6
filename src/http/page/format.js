// @ts-check

/** Decimals a price is shown with at most. */
const decimalsMax = 8;

/**
 * How many decimals show all of these values.
 *
 * @param {Iterable<number>} values
 * @param {number} [least] 2, as prices have.
 * @returns {number}
 */
export function decimalsOf(values, least = 2) {
  let decimals = least;
  for (const value of values) {
    const [, fraction = ""] = value.toFixed(decimalsMax).split(".");
    decimals = Math.max(decimals, fraction.replace(/0+$/, "").length);
  }
  return decimals;
}

/**
 * @param {number | null | undefined} value
 * @param {number} decimals
 * @returns {string}
 */
export function formatNumber(value, decimals) {
  if (value === null || value === undefined || !Number.isFinite(value)) return "–";
  return value.toLocaleString("en-US", {
    minimumFractionDigits: decimals,
    maximumFractionDigits: decimals,
  });
}

/**
 * A count or amount: all digits while they are few, else with a suffix.
 *
 * @param {number | null | undefined} value
 * @returns {string}
 */
export function formatAmount(value) {
  if (value === null || value === undefined || !Number.isFinite(value)) return "–";
  const size = Math.abs(value);
  if (size < 1) return String(Number(value.toPrecision(4)));
  if (size < 100_000) return value.toLocaleString("en-US", { maximumFractionDigits: 2 });
  return value.toLocaleString("en-US", { notation: "compact", maximumFractionDigits: 2 });
}

/**
 * A change as a signed percentage; one that is too small to show has no sign.
 *
 * @param {number | undefined} ratio 0.01 is one percent.
 * @returns {string}
 */
export function formatChange(ratio) {
  if (ratio === undefined || !Number.isFinite(ratio)) return "–";
  const percent = shownPercent(ratio);
  const sign = percent > 0 ? "+" : percent < 0 ? "−" : "";
  return `${sign}${Math.abs(percent).toFixed(2)} %`;
}

/**
 * Which way a change points as it is shown, as a class name.
 *
 * @param {number | undefined} ratio
 * @returns {"up" | "down" | ""}
 */
export function changeDirection(ratio) {
  return direction(ratio === undefined ? undefined : shownPercent(ratio));
}

/** @param {number} ratio */
function shownPercent(ratio) {
  return Math.round(ratio * 10_000) / 100;
}

/**
 * Which way a number points, as a class name.
 *
 * @param {number | undefined} value
 * @returns {"up" | "down" | ""}
 */
export function direction(value) {
  if (value === undefined) return "";
  return value > 0 ? "up" : value < 0 ? "down" : "";
}

/**
 * Time of day in UTC, `13:30:05`.
 *
 * @param {number} ms Epoch milliseconds.
 * @returns {string}
 */
export function formatTime(ms) {
  return isoOf(ms).slice(11, 19);
}

/**
 * Time of day in UTC with milliseconds, `13:30:05.120`.
 *
 * @param {number} ms Epoch milliseconds.
 * @returns {string}
 */
export function formatTimeMs(ms) {
  return isoOf(ms).slice(11, 23);
}

/**
 * Day in UTC, `2013-10-07`.
 *
 * @param {number} ms Epoch milliseconds.
 * @returns {string}
 */
export function formatDate(ms) {
  return isoOf(ms).slice(0, 10);
}

/**
 * Day and time in UTC.
 *
 * @param {number} ms Epoch milliseconds.
 * @returns {string}
 */
export function formatDateTime(ms) {
  return `${formatDate(ms)} ${formatTime(ms)}`;
}

/** @type {readonly [string, number][]} */
const lengths = [["day", 86_400_000], ["hour", 3_600_000], ["minute", 60_000], ["second", 1_000]];

/**
 * The length of a window in words: `15 seconds`, `1 hour`.
 *
 * @param {number} ms
 * @returns {string}
 */
export function formatLength(ms) {
  const [unit, unitMs] = lengths.find(([, unitMs]) => ms % unitMs === 0) ?? ["millisecond", 1];
  const count = ms / unitMs;
  return `${count} ${unit}${count === 1 ? "" : "s"}`;
}

/**
 * How long ago, in one or two units.
 *
 * @param {number} ms
 * @returns {string}
 */
export function formatAge(ms) {
  const seconds = Math.max(0, Math.floor(ms / 1000));
  if (seconds < 60) return `${seconds} s`;
  const minutes = Math.floor(seconds / 60);
  if (minutes < 60) return `${minutes} min ${seconds % 60} s`;
  const hours = Math.floor(minutes / 60);
  return hours < 48 ? `${hours} h ${minutes % 60} min` : `${Math.floor(hours / 24)} days`;
}

/**
 * @param {number} ms
 * @returns {string}
 */
function isoOf(ms) {
  const date = new Date(ms);
  return Number.isNaN(date.getTime()) ? "–".repeat(23) : date.toISOString();
}
