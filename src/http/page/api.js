// @ts-check
/// <reference lib="dom" />

/**
 * Candles of a symbol, oldest first.
 *
 * @param {string} symbol
 * @param {{ resolution: string, limit: number, to?: number }} range `to` in epoch ms, exclusive.
 * @returns {Promise<import("../wire.ts").CandleJson[]>}
 */
export async function fetchCandles(symbol, { resolution, limit, to }) {
  const query = new URLSearchParams({ resolution, limit: String(limit) });
  if (to !== undefined) query.set("to", String(to));
  query.set("redirect", "false"); // the page may ask nobody but its own server
  const body = await fetchJson(`/api/candles/${encodeURIComponent(symbol)}?${query}`);
  return body.candles;
}

/**
 * Latest trades of a symbol, newest first.
 *
 * @param {string} symbol
 * @param {number} limit
 * @returns {Promise<import("../wire.ts").TradeJson[]>}
 */
export async function fetchTrades(symbol, limit) {
  const body = await fetchJson(`/api/trades/${encodeURIComponent(symbol)}?limit=${limit}`);
  return body.trades;
}

/** @param {string} path */
async function fetchJson(path) {
  const response = await fetch(path);
  if (!response.ok) throw new Error(`${path}: ${response.status}`);
  return await response.json();
}
