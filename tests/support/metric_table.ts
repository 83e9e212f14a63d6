import text from "../../docs/METRICS.md" with { type: "text" };
import { type MetricFamily, seriesNames } from "./exposition.ts";

/** A program that shows metrics. */
export type MeteredProgram = "start" | "produce" | "process";

/** A line of the table in `docs/METRICS.md`. */
export interface DocumentedMetric extends Pick<MetricFamily, "name" | "type" | "help"> {
  readonly labels: readonly string[];
  readonly programs: readonly MeteredProgram[];
}

/** Every metric of the programs, as documented. */
export const documentedMetrics: readonly DocumentedMetric[] = text.split("\n")
  .filter((line) => line.startsWith("| `"))
  .map((line) => line.split("|").slice(1, -1).map((cell) => cell.trim().replaceAll("`", "")))
  .map(([name = "", type = "", labels = "", programs = "", help = ""]) => ({
    name,
    type,
    help,
    labels: listOf(labels).sort(),
    programs: listOf(programs) as MeteredProgram[],
  }));

/** The documented metric that a series belongs to. */
export function metricOfSeries(series: string): DocumentedMetric | undefined {
  return documentedMetrics.find((metric) => seriesNames(metric).includes(series));
}

function listOf(cell: string): string[] {
  return cell.split(",").map((item) => item.trim()).filter((item) => item !== "");
}
