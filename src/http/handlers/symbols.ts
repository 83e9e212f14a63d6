import { symbolsSchema } from "../answer_schemas.ts";
import {
  badQuery,
  jsonAnswer,
  type Operation,
  operation,
  unavailable,
} from "../exchange/operation.ts";
import { scopeParameter } from "../parameters.ts";
import { allSymbols, localSymbols } from "../peers/all_symbols.ts";
import { PacedWork } from "../paced_work.ts";
import { HttpProblem, jsonListResponse } from "../response.ts";
import type { AllSymbolsJson } from "../wire.ts";

/** Every symbol of the application at a glance, and the partitions that no instance answered for. */
export const symbols: Operation = operation({
  path: "/api/symbols",
  id: "symbols",
  summary: "Every symbol at a glance: last price, and volume and count of its day",
  isLimited: true,
  query: { scope: scopeParameter },
  answers: {
    200: jsonAnswer("symbols by name", symbolsSchema),
    400: badQuery,
    503: unavailable("it is not known yet which partitions there are"),
  },
  async handle({ scope }, { view, ask, clock }) {
    using _looking = await view.look();
    const work = new PacedWork(clock);
    if (scope === "local") {
      const { symbols, ...rest } = await localSymbols(view, work);
      return await jsonListResponse("symbols", symbols, rest, work);
    }
    const all = await allSymbols(view, { ask, clock }, work);
    if (all === undefined) {
      throw new HttpProblem({
        status: 503,
        detail: "it is not known yet which partitions there are",
        headers: { "retry-after": "5" },
      });
    }
    const rest: Omit<AllSymbolsJson, "symbols"> = { missing_partitions: all.missingPartitions };
    return await jsonListResponse("symbols", all.symbols, rest, work);
  },
});
