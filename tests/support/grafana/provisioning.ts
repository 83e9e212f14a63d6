import { load } from "js-yaml";
import alertingText from "../../../grafana/provisioning/alerting/rules.yaml" with { type: "text" };
import dataSourcesText from "../../../grafana/provisioning/datasources/datasources.yaml" with {
  type: "text",
};
import prometheusText from "../../../grafana/prometheus.yml" with { type: "text" };

/** A provisioned data source. */
export interface DataSource {
  readonly name: string;
  readonly uid: string;
  readonly type: string;
  readonly url: string;
  readonly isDefault: boolean;
  readonly jsonData: Readonly<Record<string, unknown>>;
}

/** One step of an alert rule: a query, or an expression over another step. */
export interface AlertStep {
  readonly refId: string;
  readonly datasourceUid: string;
  readonly relativeTimeRange?: { readonly from: number; readonly to: number };
  readonly model: {
    readonly refId: string;
    readonly expr?: string;
    readonly type?: string;
    readonly expression?: string;
    readonly conditions?: readonly { readonly evaluator: { readonly type: string } }[];
  };
}

/** A provisioned alert rule. */
export interface AlertRule {
  readonly uid: string;
  readonly title: string;
  readonly condition: string;
  readonly noDataState: string;
  readonly execErrState: string;
  readonly dashboardUid: string;
  readonly panelId: number;
  readonly annotations: { readonly summary: string; readonly description: string };
  readonly data: readonly AlertStep[];
}

/** The part of Prometheus' settings that tests look at. */
export interface ScrapeSettings {
  readonly global: { readonly scrape_interval: string };
  readonly scrape_configs: readonly {
    readonly job_name: string;
    readonly static_configs?: readonly { readonly targets: readonly string[] }[];
    readonly dns_sd_configs?: readonly {
      readonly names: readonly string[];
      readonly port: number;
    }[];
  }[];
}

export const dataSources: readonly DataSource[] =
  (load(dataSourcesText) as { datasources: DataSource[] }).datasources;

export const alertGroups: readonly {
  readonly folder: string;
  readonly rules: readonly AlertRule[];
}[] = (load(alertingText) as { groups: [] }).groups;

export const scrapeSettings: ScrapeSettings = load(prometheusText) as ScrapeSettings;

/** What Prometheus asks, `host:port` each, by job; a host may stand for several containers. */
export const scrapeTargets: Readonly<Record<string, readonly string[]>> = Object.fromEntries(
  scrapeSettings.scrape_configs.map((job) => [job.job_name, [
    ...(job.static_configs ?? []).flatMap(({ targets }) => targets),
    ...(job.dns_sd_configs ?? []).flatMap(({ names, port }) =>
      names.map((name) => `${name}:${port}`)
    ),
  ]]),
);

/** A PromQL expression of an alert rule. */
export interface AlertExpression {
  /** The rule's title. */
  readonly place: string;
  readonly expr: string;
  /** The rule's texts, with the labels that they name as a legend would. */
  readonly legend: string;
}

export const alertExpressions: readonly AlertExpression[] = alertGroups
  .flatMap(({ rules }) => rules)
  .flatMap(({ title, annotations, data }) =>
    data.flatMap(({ model }) =>
      model.expr === undefined ? [] : {
        place: title,
        expr: model.expr,
        legend: Object.values(annotations).join(" ").replaceAll("$labels.", ""),
      }
    )
  );
