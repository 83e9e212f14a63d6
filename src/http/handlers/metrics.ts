import { type Operation, operation } from "../exchange/operation.ts";
import { textResponse } from "../response.ts";
import { text } from "../schema.ts";

/** Prometheus text. */
export const metrics: Operation = operation({
  path: "/metrics",
  id: "metrics",
  summary: "Metrics for Prometheus",
  isLimited: true,
  query: {},
  answers: {
    200: { description: "as docs/METRICS.md lists them", type: "text/plain", schema: text() },
  },
  handle: async (_query, { metrics, view }) =>
    textResponse(await metrics.render(view), metrics.contentType),
});
