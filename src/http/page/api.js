// @ts-check
/// <reference lib="dom" />

/** @typedef {import("../wire.ts").CandleJson} Candle */

/**
 * The newest candles of a range, oldest first, and whether there are no others in it.
 *
 * @param {string} symbol
 * @param {{ resolution: string, limit: number, from?: number, to?: number }} range Of their starts,
 *   epoch ms; `to` is exclusive.
 * @returns {Promise<{ candles: Candle[], complete: boolean }>}
 */
export async function fetchCandles(symbol, { resolution, limit, from, to }) {
  const query = new URLSearchParams({ symbol, resolution, limit: String(limit) });
  if (from !== undefined) query.set("from", String(Math.max(0, Math.floor(from))));
  if (to !== undefined) query.set("to", String(Math.max(0, Math.floor(to))));
  /** Newest first. @type {Candle[]} */
  const candles = [];
  /** @type {string | null} */
  let next = `/api/candles?${query}`;
  while (next !== null && candles.length < limit) {
    /** @type {import("../wire.ts").CandlesJson | undefined} */
    const body = await fetchJson(next).catch((error) => {
      if (candles.length === 0) throw error;
    });
    if (body === undefined) break; // what has come is shown; the rest is asked for again
    candles.push(...body.candles.slice(0, limit - candles.length));
    next = body.next;
  }
  return { candles: candles.reverse(), complete: next === null };
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

/** Shows the form for the token where it does not count any more. */
export async function askToLogIn() {
  const answer = await fetch("/api/stream", { method: "HEAD" }).catch(() => undefined);
  if (answer?.status === 401) location.reload();
}

/** @param {string} path */
async function fetchJson(path) {
  const response = await fetch(path);
  if (response.status === 429) {
    const seconds = Number(response.headers.get("retry-after"));
    await new Promise((resolve) => setTimeout(resolve, seconds * 1_000));
    return await fetchJson(path);
  }
  if (!response.ok) throw new Error(`${path}: ${response.status}`);
  return await response.json();
}
