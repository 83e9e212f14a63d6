import type { Dashboard } from "./dashboard.ts";
import { market } from "./market.ts";
import { pipeline } from "./pipeline.ts";

/** Every dashboard, by the path of its file. */
export const dashboardFiles: Readonly<Record<string, Dashboard>> = {
  "grafana/dashboards/market.json": market,
  "grafana/dashboards/pipeline.json": pipeline,
};
