import type { Handler } from "../context.ts";
import { jsonResponse } from "../response.ts";
import { healthJson } from "../wire.ts";

/** `/api/tasks`: what this instance works on, and how far it is. */
export const getTasks: Handler = (_route, { view, clock }) =>
  jsonResponse(healthJson(view, clock.nowMs()));
