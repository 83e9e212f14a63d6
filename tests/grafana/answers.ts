import { market } from "../../scripts/dashboards/market.ts";
import { expandStatement } from "../support/grafana/expand.ts";
import type { Panel } from "../support/grafana/dashboards.ts";
import type { GrafanaData } from "./grafana_data.ts";
import { chosen, nowMs, type views } from "./rows.ts";

/** What the plugin answers to a statement: a frame, as JSON, for each value of the first column. */
export interface Answer {
  readonly statement: string;
  readonly frames: readonly unknown[];
}

type View = typeof views[number];

/** Time that a panel has for each of its points, as Grafana computes it from range and width, ms. */
export function stepMs(library: GrafanaData, panel: Panel, view: View): number {
  const range = { from: view.fromMs, to: nowMs };
  const width = Math.floor(view.widthPixels * panel.gridPos.w / 24);
  return library.rangeUtil.calculateInterval(
    range,
    panel.maxDataPoints ?? width,
  ).intervalMs;
}

/** The statements of a panel as they reach Cassandra. */
export function statementsOf(
  library: GrafanaData,
  panel: Panel,
  view: View,
): string[] {
  const step = String(stepMs(library, panel, view));
  const variables = { ...chosen, __interval_ms: [step] };
  return (panel.targets ?? []).map(({ target = "" }) =>
    expandStatement(target, variables, { fromMs: view.fromMs, toMs: nowMs })
  );
}

/** Panels of the market dashboard. */
export function marketPanel(title: string): Panel {
  const panel = market.panels.find((each) => each.title === title);
  if (panel === undefined) throw new Error(`no panel "${title}"`);
  return panel;
}
