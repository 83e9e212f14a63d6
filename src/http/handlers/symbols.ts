import { type Handler, HttpProblem } from "../context.ts";
import { allSymbols, localSymbols } from "../peers.ts";
import { QueryReader } from "../query.ts";
import { jsonResponse } from "../response.ts";

/**
 * `/api/symbols`: every symbol of the application at a glance, and the partitions that nobody
 * answered for. `?scope=local`: those of this instance, and its partitions.
 */
export const getSymbols: Handler = async ({ url }, { view, ask, clock }) => {
  const query = new QueryReader(url.searchParams);
  const scope = query.scope();
  query.check();
  if (scope === "local") return jsonResponse(localSymbols(view));
  const all = await allSymbols(view, { ask, clock });
  if (all === undefined) {
    throw new HttpProblem({
      status: 503,
      detail: "it is not known yet which partitions there are",
      headers: { "retry-after": "5" },
    });
  }
  return jsonResponse({ symbols: all.symbols, missing_partitions: all.missingPartitions });
};
