import type { Handler } from "../context.ts";
import { jsonResponse } from "../response.ts";

/** `/api/symbols`: every symbol of the partitions that this instance has had, at a glance. */
export const getSymbols: Handler = (_route, { view }) => jsonResponse({ symbols: view.symbols() });
