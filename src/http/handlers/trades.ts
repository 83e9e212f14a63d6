import type { Handler } from "../context.ts";
import { QueryReader } from "../query.ts";
import { jsonResponse } from "../response.ts";
import { tradeJson } from "../wire.ts";
import { unknownSymbol } from "./candles.ts";

/** Trades of an answer when nobody says, and at most. */
const limitDefault = 100;
const limitMax = 1000;

/**
 * `/api/trades?symbol=`: the latest trades, newest first. Every instance has them at hand, of every
 * symbol, where results are kept.
 */
export const getTrades: Handler = async ({ url }, { view }) => {
  const query = new QueryReader(url.searchParams);
  const symbol = query.symbol();
  const limit = query.limit(limitDefault, limitMax);
  query.check();
  const found = await view.trades(symbol, limit);
  if (found === undefined) throw unknownSymbol(symbol);
  return jsonResponse({ symbol, from: found.from, trades: found.rows.map(tradeJson) });
};
