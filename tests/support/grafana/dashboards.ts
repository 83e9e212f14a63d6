import market from "../../../grafana/dashboards/market.json" with { type: "json" };
import pipeline from "../../../grafana/dashboards/pipeline.json" with { type: "json" };
import type { Dashboard } from "../../../scripts/dashboards/dashboard.ts";
import type { Panel, Target } from "../../../scripts/dashboards/panels.ts";

export type { Dashboard, Panel, Target };

/** Every provisioned dashboard, by its file's name. */
export const dashboards: Readonly<Record<string, Dashboard>> = {
  "market.json": market as unknown as Dashboard,
  "pipeline.json": pipeline as unknown as Dashboard,
};

/** A query with the place where it stands. */
export interface PlacedTarget extends Target {
  readonly dashboard: Dashboard;
  readonly panel: Panel;
  /** For messages of tests. */
  readonly place: string;
}

/** Every query of every panel. */
export const allTargets: readonly PlacedTarget[] = Object.values(dashboards).flatMap((dashboard) =>
  dashboard.panels.flatMap((panel) =>
    (panel.targets ?? []).map((target) => ({
      ...target,
      dashboard,
      panel,
      place: `${dashboard.title}, "${panel.title}", ${target.refId}`,
    }))
  )
);

/** The statements by which a dashboard's variables find their values, by variable. */
export function variableQueries({ templating }: Dashboard): Map<string, string> {
  const queries = templating.list.flatMap(({ name, query }) =>
    typeof query === "string" ? [] : [[name, query.query] as const]
  );
  return new Map(queries);
}
