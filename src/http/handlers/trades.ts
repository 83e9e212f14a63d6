import { type Handler, HttpProblem } from "../context.ts";
import { QueryReader } from "../query.ts";
import { jsonResponse } from "../response.ts";
import { tradeJson } from "../wire.ts";
import { unknownSymbol } from "./candles.ts";

/** Trades of an answer when nobody says, and at most. */
const limitDefault = 100;
const limitMax = 1000;

/** `/api/trades/{symbol}`: the latest trades, newest first. */
export const getTrades: Handler = async ({ params, url }, { view }) => {
  const symbol = params["symbol"] ?? "";
  const query = new QueryReader(url.searchParams);
  const limit = query.limit(limitDefault, limitMax);
  if (query.problems.length > 0) {
    throw new HttpProblem({ status: 400, detail: query.problems.join("; ") });
  }
  const rows = await view.trades(symbol, limit);
  const known = rows.length > 0 || view.symbols().some((summary) => summary.symbol === symbol);
  if (!known) throw unknownSymbol(symbol);
  return jsonResponse({ symbol, trades: rows.map(tradeJson) });
};
