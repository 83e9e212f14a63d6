import type { GridPos, Panel, Unplaced } from "./panels.ts";

/** A dashboard as Grafana reads it. */
export interface Dashboard {
  readonly uid: string;
  readonly title: string;
  readonly refresh: string;
  readonly templating: { readonly list: readonly Variable[] };
  readonly panels: readonly Panel[];
  readonly schemaVersion: number;
  readonly [setting: string]: unknown;
}

/** A variable whose values a query finds. */
export interface Variable {
  readonly name: string;
  readonly multi: boolean;
  readonly query: { readonly query: string };
  readonly [setting: string]: unknown;
}

/** Panels of the same width, from left to right. */
export interface Line {
  readonly height: number;
  readonly panels: readonly Unplaced[];
  /** Title and id of the row that stands above. */
  readonly group?: { readonly title: string; readonly id: number };
}

/** What differs between dashboards. */
export interface DashboardOptions {
  readonly uid: string;
  readonly title: string;
  readonly description: string;
  /** How far back one looks at first, like `30m`. */
  readonly range: string;
  readonly variables?: readonly Variable[];
  readonly panels: readonly Panel[];
}

/** Puts lines below each other, the panels of each beside each other in the same width. */
export function stacked(lines: readonly Line[]): Panel[] {
  let y = 0;
  return lines.flatMap(({ height, panels, group }) => {
    const row = group === undefined ? [] : [rowAt(group, y)];
    y += row.length;
    const w = 24 / panels.length;
    const placed = panels.map((panel, index) => at({ x: index * w, y, w, h: height }, panel));
    y += height;
    return [...row, ...placed];
  });
}

/** A panel at its place. */
export function at(gridPos: GridPos, panel: Unplaced): Panel {
  return { ...panel, gridPos };
}

/** A dashboard with what all have in common. */
export function dashboard(
  { uid, title, description, range, variables = [], panels }: DashboardOptions,
): Dashboard {
  return {
    uid,
    title,
    description,
    tags: ["finhub"],
    schemaVersion: 42,
    editable: true,
    graphTooltip: 1,
    timezone: "browser",
    refresh: "5s",
    time: { from: `now-${range}`, to: "now" },
    timepicker: { refresh_intervals: ["1s", "5s", "10s", "30s", "1m", "5m", "15m"] },
    links: [{
      type: "dashboards",
      title: "Pipeline and market",
      tags: ["finhub"],
      asDropdown: false,
      icon: "external link",
      includeVars: false,
      keepTime: true,
      targetBlank: false,
      tooltip: "",
    }],
    templating: { list: variables },
    panels,
  };
}

function rowAt({ title, id }: { readonly title: string; readonly id: number }, y: number): Panel {
  return {
    id,
    type: "row",
    title,
    gridPos: { x: 0, y, w: 24, h: 1 },
    collapsed: false,
    panels: [],
  };
}
