import { type Asking, askJson, isObject } from "../ask_json.ts";
import { type Handler, HttpProblem } from "../context.ts";
import type { CandleRange } from "../ports.ts";
import { QueryReader } from "../query.ts";
import { jsonResponse } from "../response.ts";
import { type Scope, scopeParameter } from "../scope.ts";
import { candleJson, type CandlesJson } from "../wire.ts";

/** Candles of an answer when nobody says, and at most. */
const limitDefault = 500;
const limitMax = 5000;

/**
 * `/api/candles?symbol=`: windows of a range, newest first, a page at a time; `next` is the page
 * before it in time.
 *
 * Every instance answers for every symbol: from its own state, or by asking the owner of the
 * symbol's partition, and from where results are kept. `parts` says which candles come from where.
 * `?scope=local`: what this instance knows without asking another.
 *
 * @see Kafka Streams' interactive queries (`application.server`), where this is left to the user.
 */
export const getCandles: Handler = async ({ url }, { view, ask, clock }) => {
  const { symbol, resolution, range, scope } = readQuery(url.searchParams);
  const owner = scope === "all" ? await view.ownerOf(symbol) : undefined;
  const answer = owner === undefined ? undefined : await askOwner(owner, url, { ask, clock });
  if (answer !== undefined) return jsonResponse(answer);
  const found = await view.candles(symbol, range);
  if (found === undefined) throw unknownSymbol(symbol);
  const { rows, parts, restToMs } = found;
  const next = restToMs === undefined ? null : pageBefore(restToMs, url);
  const body: CandlesJson = { symbol, resolution, candles: rows.map(candleJson), parts, next };
  return jsonResponse(body);
};

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
  asked.searchParams.set(scopeParameter, "local");
  const answer = await askJson(asked.href, asking);
  if (!isCandles(answer)) return undefined;
  const parts = answer.parts.map((part) => ({
    ...part,
    from: part.from === "state" ? "owner" as const : part.from,
  }));
  const restTo = answer.next === null ? null : new URL(answer.next, asked).searchParams.get("to");
  return { ...answer, parts, next: restTo === null ? null : pageBefore(restTo, url) };
}

function isCandles(answer: unknown): answer is CandlesJson {
  return isObject(answer) && Array.isArray(answer["candles"]) && Array.isArray(answer["parts"]) &&
    (answer["next"] === null || typeof answer["next"] === "string");
}

/** The 404 for a symbol that has never been seen. */
export function unknownSymbol(symbol: string): HttpProblem {
  return new HttpProblem({
    status: 404,
    detail: `no trades seen for symbol "${symbol}"`,
  });
}

function readQuery(params: URLSearchParams): {
  readonly symbol: string;
  readonly resolution: string;
  readonly range: CandleRange;
  readonly scope: Scope;
} {
  const query = new QueryReader(params);
  const symbol = query.symbol();
  const { name: resolution, sizeMs } = query.resolution();
  const fromMs = query.timeMs("from");
  const toMs = query.timeMs("to");
  const scope = query.scope();
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
  return { symbol, resolution, range, scope };
}
