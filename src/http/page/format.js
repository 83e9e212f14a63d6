// @ts-check

/** Digits that count in a price: more are what adding up leaves behind. */
const significantMax = 12;

/** Decimals a number is written out with at most; one that needs more is written as a power. */
export const decimalsMax = 12;

/** Where amounts are shortened, and what for; the unit follows a space that does not break. */
const units = /** @type {const} */ ([[1e12, "T"], [1e9, "B"], [1e6, "M"], [1e3, "K"]]);

/** Amounts below this are shown with all their digits. */
const shortenedFrom = 100_000;

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
    if (!Number.isFinite(value)) continue;
    const [digits = "", exponent = "0"] = value.toExponential(significantMax - 1).split("e");
    const fraction = (digits.split(".")[1] ?? "").replace(/0+$/, "").length;
    decimals = Math.max(decimals, fraction - Number(exponent));
  }
  return Math.min(decimals, decimalsMax);
}

/**
 * @param {number | null | undefined} value
 * @param {number} decimals
 * @returns {string}
 */
export function formatNumber(value, decimals) {
  if (value === null || value === undefined || !Number.isFinite(value)) return "–";
  if (value !== 0 && Math.abs(value) < 10 ** -decimals) return shortest(value);
  return value.toLocaleString("en-US", {
    minimumFractionDigits: decimals,
    maximumFractionDigits: decimals,
  });
}

/**
 * A count or amount: all digits while they are few, else with a unit.
 *
 * @param {number | null | undefined} value
 * @returns {string}
 */
export function formatAmount(value) {
  if (value === null || value === undefined || !Number.isFinite(value)) return "–";
  const size = Math.abs(value);
  if (size < 1) return shortest(value);
  const [scale, unit] =
    units.find(([scale]) => size >= shortenedFrom && size >= scale * 0.999995) ??
      [1, ""];
  const digits = (value / scale).toLocaleString("en-US", { maximumFractionDigits: 2 });
  return unit === "" ? digits : `${digits}\u00a0${unit}`;
}

/**
 * Four digits that count, written out as long as that is readable.
 *
 * @param {number} value
 */
function shortest(value) {
  const rounded = Number(value.toPrecision(4));
  return rounded.toLocaleString("en-US", {
    maximumFractionDigits: decimalsMax,
    ...(rounded !== 0 && Math.abs(rounded) < 10 ** (4 - decimalsMax)
      ? { notation: "scientific", maximumFractionDigits: 3 }
      : {}),
  });
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
