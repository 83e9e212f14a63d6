/** One metric of a Prometheus text exposition. */
export interface MetricFamily {
  readonly name: string;
  readonly type: string;
  readonly help: string;
  readonly samples: readonly Sample[];
}

/** One line with a value. */
export interface Sample {
  /** With the suffix that a histogram's parts have. */
  readonly name: string;
  readonly labels: Readonly<Record<string, string>>;
  readonly value: number;
}

const sampleLine = /^([a-z_:][a-z0-9_:]*)(?:\{(.*)\})? (\S+)$/i;
const labelPair = /([a-z_][a-z0-9_]*)="((?:[^"\\]|\\.)*)"(?:,|$)/giy;

/**
 * Reads what a program shows at `/metrics`.
 *
 * @throws {Error} If a line is none of the format, or a sample stands apart from its `TYPE` line.
 */
export function parseExposition(text: string): MetricFamily[] {
  const families: (MetricFamily & { samples: Sample[] })[] = [];
  let help = "";
  for (const line of text.split("\n").filter((line) => line !== "")) {
    const [, kind, name = "", rest = ""] = /^# (HELP|TYPE) (\S+) (.*)$/.exec(line) ?? [];
    if (kind === "HELP") help = rest;
    else if (kind === "TYPE") families.push({ name, type: rest, help, samples: [] });
    else families.at(-1)?.samples.push(sampleOf(line, families.at(-1)));
  }
  return families;
}

/** Names of the series that a metric of this type has. */
export function seriesNames({ name, type }: Pick<MetricFamily, "name" | "type">): string[] {
  return type === "histogram" ? ["_bucket", "_sum", "_count"].map((part) => name + part) : [name];
}

/** Names of the labels of a metric's samples, without those of histogram buckets. */
export function labelNames({ samples }: MetricFamily): string[] {
  const names = new Set(samples.flatMap(({ labels }) => Object.keys(labels)));
  names.delete("le");
  return [...names].sort();
}

function sampleOf(line: string, family: MetricFamily | undefined): Sample {
  const [, name = "", labels = "", value = ""] = sampleLine.exec(line) ?? [];
  if (family === undefined || !seriesNames(family).includes(name)) {
    throw new Error(`not a sample of ${family?.name}: ${line}`);
  }
  return { name, labels: labelsOf(labels, line), value: numberOf(value, line) };
}

function labelsOf(text: string, line: string): Record<string, string> {
  const pairs = [...text.matchAll(labelPair)];
  if (pairs.map(([pair]) => pair).join("") !== text) throw new Error(`no labels: ${line}`);
  return Object.fromEntries(pairs.map(([, name, value]) => [name, value]));
}

function numberOf(text: string, line: string): number {
  const value = text === "+Inf" ? Infinity : text === "-Inf" ? -Infinity : Number(text);
  if (Number.isNaN(value) && text !== "NaN") throw new Error(`no value: ${line}`);
  return value;
}
