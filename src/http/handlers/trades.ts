import { tradesSchema } from "../answer_schemas.ts";
import { badQuery, jsonAnswer, type Operation, operation } from "../exchange/operation.ts";
import { limitParameter, symbolParameter } from "../parameters.ts";
import { jsonResponse } from "../response.ts";
import { tradeJson, type TradesJson } from "../wire.ts";
import { unknownSymbol, unknownSymbolAnswer, unreadableAnswer } from "./candles.ts";

/** Every instance has the trades of every symbol at hand, where results are kept. */
export const trades: Operation = operation({
  path: "/api/trades",
  id: "trades",
  summary: "The latest trades of a symbol, newest first",
  isLimited: true,
  query: { symbol: symbolParameter, limit: limitParameter(100, 1000) },
  answers: {
    200: jsonAnswer("trades, and where they were read", tradesSchema),
    400: badQuery,
    404: unknownSymbolAnswer,
    503: unreadableAnswer,
  },
  async handle({ symbol, limit }, { view }) {
    const found = await view.trades(symbol, limit);
    if (found === undefined) throw unknownSymbol(symbol);
    const { from, rows } = found;
    return jsonResponse({ symbol, from, trades: rows.map(tradeJson) } satisfies TradesJson);
  },
});
