import type { Handler } from "../context.ts";
import { jsonResponse } from "../response.ts";

/** `/api/symbols`: every symbol seen, at a glance. */
export const getSymbols: Handler = (_route, { view }) => jsonResponse({ symbols: view.symbols() });
