import market from "../../../grafana/dashboards/market.json" with { type: "json" };
import pipeline from "../../../grafana/dashboards/pipeline.json" with { type: "json" };

/** Names a data source. */
export interface DataSourceRef {
  readonly type: string;
  readonly uid: string;
}

/** A query of a panel, of either data source. */
export interface Target {
  readonly refId: string;
  readonly datasource: DataSourceRef;
  /** Prometheus: the expression and the name of its lines. */
  readonly expr?: string;
  readonly legendFormat?: string;
  /** Cassandra: the statement. */
  readonly target?: string;
  readonly queryType?: string;
  readonly rawQuery?: boolean;
  readonly alias?: string;
}

/** A panel, as far as tests look at it. */
export interface Panel {
  readonly id: number;
  readonly type: string;
  readonly title: string;
  readonly datasource?: DataSourceRef;
  readonly gridPos: {
    readonly x: number;
    readonly y: number;
    readonly w: number;
    readonly h: number;
  };
  readonly targets?: readonly Target[];
  readonly transformations?: readonly unknown[];
}

/** A variable of a dashboard. */
export interface Variable {
  readonly name: string;
  readonly type: string;
  readonly multi: boolean;
  readonly datasource?: DataSourceRef;
  /** An object for Cassandra's plugin, the values for a list. */
  readonly query: { readonly query: string } | string;
}

/** A dashboard, as far as tests look at it. */
export interface Dashboard {
  readonly uid: string;
  readonly title: string;
  readonly refresh: string;
  readonly templating: { readonly list: readonly Variable[] };
  readonly panels: readonly Panel[];
}

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
