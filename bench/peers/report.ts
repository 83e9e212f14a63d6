import { join } from "node:path";
import { writePart } from "../report.ts";
import { median } from "../pipeline/median.ts";
import type { Figures } from "./measure.ts";
import { titleOf, type Workload } from "./workload.ts";

/** All runs of the peers over one workload. */
export interface Comparison {
  readonly workload: Workload;
  readonly runs: ReadonlyMap<string, readonly Figures[]>;
}

const docs = join(import.meta.dirname ?? ".", "..", "..", "docs");

const columns: Readonly<
  Record<keyof Figures, { readonly title: string; readonly digits: number }>
> = {
  tradesPerS: { title: "trades/s", digits: 0 },
  cpuUsPerTrade: { title: "µs of processor a trade", digits: 2 },
  allS: { title: "all after, s", digits: 1 },
  firstCommitS: { title: "first commit after, s", digits: 1 },
  residentMb: { title: "memory, MB", digits: 0 },
  restoredPerS: { title: "restored records/s", digits: 0 },
};
const columnNames = Object.keys(columns) as (keyof Figures)[];

/** One run, or medians, as a row of a table. */
export function row(name: string, figures: Figures): string {
  const cells = columnNames.map((column) =>
    figures[column]?.toLocaleString("en", { maximumFractionDigits: columns[column].digits }) ?? ""
  );
  return `| ${[name, ...cells].join(" | ")} |`;
}

function mediansOf(runs: readonly Figures[]): Figures {
  const of = (column: Exclude<keyof Figures, "restoredPerS">) =>
    median(runs.map((run) => run[column]));
  const restored = runs.flatMap(({ restoredPerS }) => restoredPerS ?? []);
  return {
    tradesPerS: of("tradesPerS"),
    cpuUsPerTrade: of("cpuUsPerTrade"),
    allS: of("allS"),
    firstCommitS: of("firstCommitS"),
    residentMb: of("residentMb"),
    restoredPerS: restored.length === 0 ? undefined : median(restored),
  };
}

/** Medians as a Markdown table. */
export function table({ workload, runs }: Comparison): string {
  return [
    `**${titleOf(workload)}**`,
    "",
    `| | ${columnNames.map((column) => columns[column].title).join(" | ")} |`,
    `| --- | ${columnNames.map(() => "---:").join(" | ")} |`,
    ...[...runs].map(([name, figures]) => row(name, mediansOf(figures))),
    "",
  ].join("\n");
}

/** What the figures were measured on. */
export interface Setting {
  readonly rounds: number;
  readonly machine: string;
  readonly day: string;
}

/** Writes its part of `docs/BENCHMARKS.md` and the picture. */
export async function writeReport(
  comparisons: readonly Comparison[],
  { rounds, machine, day }: Setting,
): Promise<void> {
  const text = `## Beside Kafka Streams

\`deno task dev bench:peers\` with \`--suite\` needs Java 17, Maven and Linux. It starts a broker and a registry of its own, writes the trades, and
lets both programs do the same work in turn, each from the beginning of the topic with nothing kept:
windows of 15 s with 60 s of grace, kept for a day, exactly once, changelog on, a commit a second.
\`process\` runs as it is delivered, with \`RESULTS=none\`, and also rolls up four candle lengths;
[the Kafka Streams job](../bench/peers/Windows.java) runs with one thread and its defaults, on a heap
of 512 MB. Rates and processor time are those between the first commit and the last, so neither start
counts. Both must have counted every trade. With many symbols the state is then deleted, and restored
from the changelog.

Medians of ${rounds} ${
    rounds === 1 ? "run" : "runs"
  }, ${day}, on ${machine}, which the broker shares.

![Trades a second by number of symbols](benchmarks.svg)

${comparisons.map(table).join("\n")}`;
  await writePart("peers", text);
  await Deno.writeTextFile(join(docs, "benchmarks.svg"), await chart(comparisons));
}

async function chart(comparisons: readonly Comparison[]): Promise<string> {
  const points = comparisons
    .filter(({ workload }) => workload.partitions === 1 && !workload.inTurn)
    .flatMap(({ workload: { symbols }, runs }) =>
      [...runs].map(([program, figures]) => ({
        symbols,
        program,
        rate: mediansOf(figures).tradesPerS,
      }))
    );
  const drawing = new Deno.Command(Deno.execPath(), {
    args: ["run", "-q", "-A", "--config=bench/peers/chart/deno.json", "bench/peers/chart/chart.ts"],
    cwd: join(docs, ".."),
    stdin: "piped",
    stdout: "piped",
  }).spawn();
  const described = new Blob([JSON.stringify(lines(points))]).stream();
  const [{ stdout, success }] = await Promise.all([
    drawing.output(),
    described.pipeTo(drawing.stdin),
  ]);
  if (!success) throw new Error("the chart could not be drawn");
  return new TextDecoder().decode(stdout);
}

function lines(values: readonly object[]): object {
  const log = (field: string, title: string) => ({
    field,
    title,
    type: "quantitative",
    scale: { type: "log" },
    axis: { format: ",d", grid: true, tickCount: 5 },
  });
  return {
    width: 560,
    height: 280,
    background: "white",
    data: { values },
    mark: { type: "line", point: true },
    encoding: {
      x: log("symbols", "symbols, drawn evenly"),
      y: log("rate", "trades a second"),
      color: { field: "program", title: null, legend: { orient: "bottom" } },
    },
  };
}
