import { QueryReader } from "./query.ts";
import { symbolFault } from "../base/symbol.ts";
import type { Subscription } from "./viewer.ts";

/** Rows of the list that one client may look at: a tall screen shows fifty. */
export const rowsMax = 200;

/**
 * Reads what a stream is to carry from its address, so that it needs no state but the connection:
 * `symbol`, `resolution`, any number of `row`, and the `listed` version of the names it has.
 *
 * @throws {HttpProblem} 400 with all that is wrong.
 */
export function readSubscription(params: URLSearchParams): Subscription {
  const query = new QueryReader(params);
  const { name: resolution } = query.resolution();
  const symbol = params.get("symbol") ?? undefined;
  const rows = new Set(params.getAll("row"));
  if (rows.size > rowsMax) {
    query.problems.push(`"row" must be given at most ${rowsMax} times: ${rows.size}`);
  }
  const names = symbol === undefined ? [...rows] : [...rows, symbol];
  query.problems.push(...new Set(names.flatMap((name) => symbolFault(name) ?? [])));
  query.check();
  if (symbol !== undefined) rows.add(symbol);
  return { symbol, resolution, rows, listed: params.get("listed") ?? "" };
}
