import type { Handler } from "../context.ts";
import { readiness } from "../operations_server.ts";
import { jsonResponse } from "../response.ts";

/** `/livez`: the process answers. Nothing else is looked at, so that a restart never loops. */
export const getLivez: Handler = () => jsonResponse({ status: "alive" });

/** `/readyz`: see `readiness`. */
export const getReadyz: Handler = ({ url }, { view }) => readiness(url.pathname, view.health());
