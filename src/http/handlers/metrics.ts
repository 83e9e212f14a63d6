import type { Handler } from "../context.ts";
import { textResponse } from "../response.ts";

/** `/metrics`: Prometheus text. */
export const getMetrics: Handler = async (_route, { metrics, view }) =>
  textResponse(await metrics.render(view), metrics.contentType);
