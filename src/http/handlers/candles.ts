import { type Asking, askJson, isObject } from "../ask_json.ts";
import { type Handler, HttpProblem, type RouteRequest } from "../context.ts";
import type { CandleRange } from "../ports.ts";
import { QueryReader, redirectParameter } from "../query.ts";
import { jsonResponse, redirectResponse } from "../response.ts";
import { candleJson } from "../wire.ts";

/** Candles of an answer when nobody says, and at most. */
const limitDefault = 500;
const limitMax = 5000;

/**
 * `/api/candles/{symbol}`: the newest windows of a range, oldest first.
 *
 * Every instance answers for every symbol: from its own state, else by sending the client to the
 * owner of the symbol's partition, or by asking an owner that only instances reach, else from where
 * results are kept. `from` says which.
 *
 * @see Kafka Streams' interactive queries (`application.server`), where this is left to the user.
 */
export const getCandles: Handler = async (route, { view, ask, clock }) => {
  const { symbol, resolution, range, mayRedirect } = readQuery(route);
  const owner = mayRedirect ? await view.ownerOf(symbol) : undefined;
  if (owner?.address !== undefined) return redirectResponse(sameAt(owner.address, route.url));
  if (owner?.peer !== undefined) {
    const answer = await askOwner(sameAt(owner.peer, route.url), { ask, clock });
    if (answer !== undefined) return jsonResponse(answer);
  }
  const found = await view.candles(symbol, range);
  if (found === undefined) throw unknownSymbol(symbol);
  const { from, rows } = found;
  return jsonResponse({ symbol, resolution, from, candles: rows.map(candleJson) });
};

/** The owner's answer, said to be its own; `undefined` where it has none from its state. */
async function askOwner(url: URL, asking: Asking): Promise<unknown> {
  const answer = await askJson(url.href, asking);
  const isOwners = isObject(answer) && answer["from"] === "state" &&
    Array.isArray(answer["candles"]);
  return isOwners ? { ...answer, from: "owner" } : undefined;
}

/** The same question to another instance, which must answer it itself. */
function sameAt(address: string, { pathname, search }: URL): URL {
  const url = new URL(`${address}${pathname}${search}`);
  url.searchParams.set(redirectParameter, "false");
  return url;
}

/** The 404 for a symbol that has never been seen. */
export function unknownSymbol(symbol: string): HttpProblem {
  return new HttpProblem({
    status: 404,
    detail: `no trades seen for symbol "${symbol}"`,
  });
}

function readQuery({ url, params }: RouteRequest): {
  readonly symbol: string;
  readonly resolution: string;
  readonly range: CandleRange;
  readonly mayRedirect: boolean;
} {
  const query = new QueryReader(url.searchParams);
  const symbol = query.symbol(params);
  const { name: resolution, sizeMs } = query.resolution();
  const fromMs = query.timeMs("from");
  const toMs = query.timeMs("to");
  const mayRedirect = query.mayRedirect();
  const limit = query.limit(limitDefault, limitMax);
  if (fromMs !== undefined && toMs !== undefined && fromMs > toMs) {
    query.problems.push(`"from" must not lie after "to": ${fromMs} > ${toMs}`);
  }
  query.check();
  const range = {
    sizeMs,
    limit,
    ...(fromMs === undefined ? {} : { fromMs }),
    ...(toMs === undefined ? {} : { toMs }),
  };
  return { symbol, resolution, range, mayRedirect };
}
