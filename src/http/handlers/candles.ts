import { type Handler, HttpProblem, type RouteRequest } from "../context.ts";
import type { CandleRange } from "../ports.ts";
import { QueryReader } from "../query.ts";
import { jsonResponse } from "../response.ts";
import { candleJson } from "../wire.ts";

/** Candles of an answer when nobody says, and at most. */
const limitDefault = 500;
const limitMax = 5000;

/** `/api/candles/{symbol}`: the newest windows of a range, oldest first. */
export const getCandles: Handler = async (route, { view }) => {
  const symbol = route.params["symbol"] ?? "";
  const { resolution, range } = readQuery(route);
  const rows = await view.candles(symbol, range);
  if (rows === undefined) throw unknownSymbol(symbol);
  return jsonResponse({ symbol, resolution, candles: rows.map(candleJson) });
};

/** The 404 for a symbol that has never been seen. */
export function unknownSymbol(symbol: string): HttpProblem {
  return new HttpProblem({
    status: 404,
    detail: `no trades seen for symbol "${symbol.slice(0, 80)}"`,
  });
}

function readQuery({ url }: RouteRequest): { resolution: string; range: CandleRange } {
  const query = new QueryReader(url.searchParams);
  const { name: resolution, sizeMs } = query.resolution();
  const fromMs = query.timeMs("from");
  const toMs = query.timeMs("to");
  const limit = query.limit(limitDefault, limitMax);
  if (fromMs !== undefined && toMs !== undefined && fromMs > toMs) {
    query.problems.push(`"from" must not lie after "to": ${fromMs} > ${toMs}`);
  }
  if (query.problems.length > 0) {
    throw new HttpProblem({ status: 400, detail: query.problems.join("; ") });
  }
  const range = {
    sizeMs,
    limit,
    ...(fromMs === undefined ? {} : { fromMs }),
    ...(toMs === undefined ? {} : { toMs }),
  };
  return { resolution, range };
}
