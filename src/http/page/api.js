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
  const query = new URLSearchParams({ symbol, resolution, limit: String(limit) });
  if (to !== undefined) query.set("to", String(to));
  const body = await fetchJson(`/api/candles?${query}`);
  return body.candles.reverse();
}

/**
 * Latest trades of a symbol, newest first.
 *
 * @param {string} symbol
 * @param {number} limit
 * @returns {Promise<import("../wire.ts").TradeJson[]>}
 */
export async function fetchTrades(symbol, limit) {
  const query = new URLSearchParams({ symbol, limit: String(limit) });
  const body = await fetchJson(`/api/trades?${query}`);
  return body.trades;
}

/** @param {string} path */
async function fetchJson(path) {
  const response = await fetch(path);
  if (!response.ok) throw new Error(`${path}: ${response.status}`);
  return await response.json();
}
