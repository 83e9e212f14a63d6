import { resolutions } from "../../market/resolutions.ts";
import { candlesSchema } from "../answer_schemas.ts";
import { type Asking, askJson } from "../peers/ask_json.ts";
import { fitting } from "../peers/fitting.ts";
import {
  type Answer,
  badQuery,
  jsonAnswer,
  type Operation,
  operation,
  problemAnswer,
  unavailable,
} from "../exchange/operation.ts";
import {
  limitParameter,
  type Query,
  resolutionParameter,
  scopeParameter,
  symbolParameter,
  timeParameter,
} from "../parameters.ts";
import type { CandleRange } from "../ports.ts";
import { HttpProblem, jsonResponse } from "../response.ts";
import { candleJson, type CandlesJson } from "../wire.ts";

const query = {
  symbol: symbolParameter,
  resolution: resolutionParameter,
  from: timeParameter("first start of a candle"),
  to: timeParameter("bound of the starts, exclusive"),
  limit: limitParameter(500, 5000),
  scope: scopeParameter,
};

/** A symbol that has never been seen. */
export const unknownSymbolAnswer: Answer = problemAnswer("no trade was ever seen of the symbol");

/** The results cannot be read. */
export const unreadableAnswer: Answer = unavailable("results cannot be read for the moment");

/**
 * Every instance answers for every symbol: from its own state, or by asking the owner of the
 * symbol's partition, and from where results are kept.
 *
 * @see Kafka Streams' interactive queries (`application.server`), where this is left to the user.
 */
export const candles: Operation = operation({
  path: "/api/candles",
  id: "candles",
  summary: "Windows of a symbol, newest first, a page at a time",
  isLimited: true,
  query,
  answers: {
    200: jsonAnswer("a page; the union of all pages has every candle once", candlesSchema),
    400: badQuery,
    404: unknownSymbolAnswer,
    503: unreadableAnswer,
  },
  async handle(asked, { view, ask, clock }, { url }) {
    const { symbol, resolution, scope } = asked;
    const range = rangeOf(asked);
    const owner = scope === "all" ? await view.ownerOf(symbol) : undefined;
    const answer = owner === undefined ? undefined : await askOwner(owner, url, { ask, clock });
    if (answer !== undefined) return jsonResponse(answer);
    const found = await view.candles(symbol, range);
    if (found === undefined) throw unknownSymbol(symbol);
    const { rows, parts, restToMs } = found;
    const next = restToMs === undefined ? null : pageBefore(restToMs, url);
    const body: CandlesJson = { symbol, resolution, candles: rows.map(candleJson), parts, next };
    return jsonResponse(body);
  },
});

/** The 404 for a symbol that has never been seen. */
export function unknownSymbol(symbol: string): HttpProblem {
  return new HttpProblem({ status: 404, detail: `no trades seen for symbol "${symbol}"` });
}

function rangeOf({ resolution, from, to, limit }: Query<typeof query>): CandleRange {
  if (from !== undefined && to !== undefined && from > to) {
    const detail = `"from" must not be after "to": ${from} > ${to}`;
    throw new HttpProblem({ status: 400, detail });
  }
  return {
    sizeMs: resolutions.get(resolution) ?? 0,
    limit,
    ...(from === undefined ? {} : { fromMs: from }),
    ...(to === undefined ? {} : { toMs: to }),
  };
}

/** The same question for what is older. */
function pageBefore(toMs: number | string, { pathname, search }: URL): string {
  const params = new URLSearchParams(search);
  params.set("to", String(toMs));
  return `${pathname}?${params}`;
}

/** What the owner answers by itself, as an answer of this instance; `undefined` where it has none. */
async function askOwner(
  owner: string,
  url: URL,
  asking: Asking,
): Promise<CandlesJson | undefined> {
  const asked = new URL(`${owner}${url.pathname}${url.search}`);
  asked.searchParams.set("scope", "local");
  const answer = fitting<CandlesJson>(candlesSchema, await askJson(asked.href, asking));
  const next = answer === undefined ? undefined : pageAfter(answer, url);
  if (answer?.symbol !== url.searchParams.get("symbol") || next === undefined) return undefined;
  const parts = answer.parts.map((part) => ({
    ...part,
    from: part.from === "state" ? "owner" as const : part.from,
  }));
  return { ...answer, parts, next };
}

/** Where to ask this instance for what the owner has before; `undefined` for what is no place. */
function pageAfter({ next }: CandlesJson, url: URL): string | null | undefined {
  if (next === null) return null;
  const restTo = URL.parse(next, url)?.searchParams.get("to") ?? "";
  return /^\d{1,16}$/.test(restTo) ? pageBefore(restTo, url) : undefined;
}
