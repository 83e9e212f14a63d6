import { labelNames, type MetricFamily } from "./exposition.ts";

/** Units and words that Prometheus' conventions replace by base units, or want written out. */
const unwantedWords = [
  ...["milliseconds", "microseconds", "nanoseconds", "minutes", "hours", "days", "weeks"],
  ...["kilobytes", "megabytes", "gigabytes", "bits", "percent", "celsiuses"],
  ...["s", "ms", "us", "ns", "sec", "b", "kb", "mb", "gb", "tb", "pb", "m", "h", "d"],
  ...["counter", "gauge", "histogram", "summary"],
];

/** What `promtool check metrics` would say, one line per problem. */
export function lintMetrics(families: readonly MetricFamily[]): string[] {
  const names = families.map(({ name }) => name);
  return families.flatMap((family) =>
    [
      ...names.indexOf(family.name) === names.lastIndexOf(family.name) ? [] : ["appears twice"],
      ...problemsOf(family),
    ].map((problem) => `${family.name}: ${problem}`)
  );
}

function problemsOf(family: MetricFamily): string[] {
  const { name, type, help } = family;
  const words = name.split("_").filter((word) => unwantedWords.includes(word));
  const rules: Record<string, boolean> = {
    "has no help text": help.trim() !== "",
    "is of no known type": ["counter", "gauge", "histogram"].includes(type),
    "a counter ends in _total, and nothing else does":
      (type === "counter") === name.endsWith("_total"),
    "ends in what only a part of a histogram may": !/_(count|sum|bucket)$/.test(name),
    "a histogram here has a unit": type !== "histogram" || /_(seconds|bytes)$/.test(name),
    "is not in snake case": /^[a-z]+(_[a-z0-9]+)*$/.test(name),
    [`should not have ${words} in its name`]: words.length === 0,
    "has a label that is not in snake case": labelNames(family).every((label) =>
      /^[a-z]+(_[a-z]+)*$/.test(label)
    ),
    "has a bucket label and is no histogram": type === "histogram" ||
      family.samples.every(({ labels }) => !("le" in labels)),
  };
  return Object.keys(rules).filter((problem) => !rules[problem]);
}
