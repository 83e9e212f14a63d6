// @ts-check

/** @typedef {{ symbol: string, resolution: string }} View What is shown; "" where not given. */

/**
 * The part of the address that names a view, so that it can be bookmarked: `#AAPL/1m`.
 *
 * @param {View} view
 * @returns {string}
 */
export function hashOf({ symbol, resolution }) {
  return `#${encodeURIComponent(symbol)}/${encodeURIComponent(resolution)}`;
}

/**
 * The view that an address names.
 *
 * @param {string} hash With its `#`, or empty.
 * @returns {View}
 */
export function viewOf(hash) {
  const [symbol = "", resolution = ""] = hash.slice(1).split("/").map(decoded);
  return { symbol, resolution };
}

/** @param {string} text */
function decoded(text) {
  try {
    return decodeURIComponent(text);
  } catch {
    return "";
  }
}
