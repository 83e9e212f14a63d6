import { labelNames, type MetricFamily, parseExposition } from "../exposition.ts";
import { lintMetrics } from "../metric_lint.ts";
import { documentedMetrics, type MeteredProgram } from "../metric_table.ts";

/** Asks a program for its metrics, as Prometheus does. */
export async function scrape(url: string): Promise<MetricFamily[]> {
  const response = await fetch(`${url}/metrics`);
  const text = await response.text();
  if (!response.ok) throw new Error(`${url} answers ${response.status}: ${text}`);
  return parseExposition(text);
}

/** What does not fit between a program's metrics and `docs/METRICS.md`, as lines. */
export function scrapeFaults(program: MeteredProgram, shown: readonly MetricFamily[]): string[] {
  const documented = documentedMetrics.filter(({ programs }) => programs.includes(program));
  const names = new Set(shown.map(({ name }) => name));
  return [
    ...lintMetrics(shown),
    ...documented.filter(({ name }) => !names.has(name)).map(({ name }) => `${name} is not shown`),
    ...shown.flatMap((family) => {
      const entry = documented.find(({ name }) => name === family.name);
      if (entry === undefined) return `${family.name} is not documented`;
      return labelNames(family).filter((label) => !entry.labels.includes(label))
        .map((label) => `${family.name} has the label ${label}, which is not documented`);
    }),
  ];
}
