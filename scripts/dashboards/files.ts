import { market } from "./market.ts";
import { pipeline } from "./pipeline.ts";

/** What makes the file of each dashboard, by its path. */
export const dashboardFiles: Readonly<Record<string, () => string>> = {
  "grafana/dashboards/market.json": () => JSON.stringify(market),
  "grafana/dashboards/pipeline.json": () => JSON.stringify(pipeline),
};
