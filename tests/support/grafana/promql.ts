import { parser } from "@prometheus-io/lezer-promql";
import { metricOfSeries } from "../metric_table.ts";

type SyntaxNode = ReturnType<typeof parser.parse>["topNode"];

/** Labels that Prometheus gives to everything it collects. */
const scrapeLabels = ["job", "instance"];

/** Functions over time alone; nothing they give has a label. */
const withoutLabels = ["vector", "time", "hour", "minute", "day_of_week"];

/** A condition on a label. */
export interface LabelMatcher {
  readonly name: string;
  readonly operator: string;
  readonly value: string;
}

/** A choice of series in an expression. */
export interface Selector {
  readonly series: string;
  readonly matchers: readonly LabelMatcher[];
}

/** What there is to say against an expression, as lines; none when it fits the metrics. */
export function expressionFaults(expr: string, legend = ""): string[] {
  const { topNode } = parser.parse(expr);
  const broken = nodes(topNode).filter(({ type }) => type.isError);
  if (broken.length > 0) return broken.map(({ from }) => `is no PromQL at ${from}: ${expr}`);
  const faults: string[] = [];
  const labels = labelsOf(topNode, expr, faults);
  const named = [...legend.matchAll(/\{\{\s*(\w+)\s*\}\}/g)].map(([, name]) => String(name));
  return [...faults, ...unknown(named, labels, `legend "${legend}"`)];
}

/** Every choice of series in an expression. */
export function selectorsOf(expr: string): Selector[] {
  return nodes(parser.parse(expr).topNode)
    .filter(({ name }) => name === "VectorSelector")
    .map((node) => selectorOf(node, expr));
}

/** Labels of what a part of an expression gives; collects what is wrong inside it. */
function labelsOf(node: SyntaxNode, expr: string, faults: string[]): string[] {
  if (node.name === "VectorSelector") return labelsOfSelector(selectorOf(node, expr), faults);
  const inside = childrenOf(node).flatMap((child) =>
    child.name === "GroupingLabels" ? [] : labelsOf(child, expr, faults)
  );
  if (node.name === "FunctionCall" && withoutLabels.includes(functionName(node, expr))) return [];
  if (node.name === "BinaryExpr") return labelsOfPair(node, expr, faults) ?? inside;
  if (node.name !== "AggregateExpr") return [...new Set(inside)];
  const grouping = groupingOf(node.getChild("AggregateModifier"), expr);
  faults.push(...unknown(grouping, inside, "aggregation"));
  return grouping;
}

/** Labels of a join, which must be on labels of both sides; `undefined` where it names none. */
function labelsOfPair(node: SyntaxNode, expr: string, faults: string[]): string[] | undefined {
  const clause = node.getChild("MatchingModifierClause");
  const [left, right] = [node.firstChild, node.lastChild];
  if (clause === null || left === null || right === null) return undefined;
  const grouping = groupingOf(clause, expr);
  const [leftLabels, rightLabels] = [left, right].map((side) => labelsOf(side, expr, []));
  faults.push(...unknown(grouping, leftLabels ?? [], "left side of a join"));
  faults.push(...unknown(grouping, rightLabels ?? [], "right side of a join"));
  return leftLabels;
}

function labelsOfSelector({ series, matchers }: Selector, faults: string[]): string[] {
  const metric = metricOfSeries(series);
  if (metric === undefined) {
    faults.push(`"${series}" is no metric of docs/METRICS.md`);
    return [];
  }
  const labels = [...metric.labels, ...scrapeLabels, ...series.endsWith("_bucket") ? ["le"] : []];
  faults.push(...unknown(matchers.map(({ name }) => name), labels, series));
  return labels;
}

function unknown(names: readonly string[], known: readonly string[], where: string): string[] {
  return names.filter((name) => !known.includes(name))
    .map((name) => `label "${name}" of ${where} is none of ${known.join(", ") || "none"}`);
}

function selectorOf(node: SyntaxNode, expr: string): Selector {
  const matchers = nodes(node).filter(({ name }) => name === "UnquotedLabelMatcher")
    .map((matcher) => ({
      name: textOf(matcher.getChild("LabelName"), expr),
      operator: textOf(matcher.getChild("MatchOp"), expr),
      value: textOf(matcher.getChild("StringLiteral"), expr).slice(1, -1),
    }));
  return { series: textOf(node.getChild("Identifier"), expr), matchers };
}

function groupingOf(node: SyntaxNode | null, expr: string): string[] {
  if (node === null) return [];
  return nodes(node).filter(({ name }) => name === "LabelName").map((name) => textOf(name, expr));
}

function functionName(call: SyntaxNode, expr: string): string {
  return textOf(call.getChild("FunctionIdentifier"), expr);
}

function childrenOf(node: SyntaxNode): SyntaxNode[] {
  const children: SyntaxNode[] = [];
  for (let child = node.firstChild; child !== null; child = child.nextSibling) children.push(child);
  return children;
}

function nodes(node: SyntaxNode): SyntaxNode[] {
  return [node, ...childrenOf(node).flatMap(nodes)];
}

function textOf(node: SyntaxNode | null, expr: string): string {
  return node === null ? "" : expr.slice(node.from, node.to);
}
