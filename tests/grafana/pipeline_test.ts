/** What a person reads on the pipeline dashboard, for series as Prometheus' data source gives them. */
import assert from "node:assert/strict";
import { pipeline } from "../../scripts/dashboards/pipeline.ts";
import type { Panel } from "../support/grafana/dashboards.ts";
import { grafanaVersions, loadGrafanaData } from "./grafana_data.ts";
import { PanelReader } from "./readings.ts";

/** By panel: numbers of its series, and what is read. */
const stats: Readonly<
  Record<string, readonly (readonly [value: number, text: string])[]>
> = {
  "Feed connected": [[1, "yes"], [0, "no"]],
  "Ready": [[1, "yes"], [0, "no"]],
  "Partitions running": [[6, "6"], [0, "0"]],
  "Lag": [[0, "0"], [12_345, "12.3 K"]],
  "Since the last commit": [[4.5, "4.50 s"], [90, "1.50 mins"]],
  "Spool": [[0.4375, "43.8%"], [1, "100%"]],
};

const lines: typeof stats = {
  "Trades per second, in and out": [[1.25, "1.25 c/s"], [1_234, "1.23K c/s"]],
  "Lag per partition": [[12_345, "12.3 K"]],
  "Frames per second by kind": [[0.5, "0.500 c/s"]],
  "Symbols by activity": [[3, "3"]],
  "Commit time": [[0.0123, "12.3 ms"]],
  "Sink latency": [[1.5, "1.50 s"]],
  "From receipt to the log": [[0.25, "250 ms"]],
  "Restore progress": [[0.5, "50%"]],
  "Standby lag": [[0, "0"]],
  "Tasks by state": [[6, "6"]],
  "Failures per minute": [[0.2, "0.200"]],
  "Late and duplicates": [[7, "7"]],
  "Dead letters by cause": [[1, "1"]],
  "Spool depth": [[1_572_864, "1.50 MiB"]],
  "Frames that wait": [[120, "120"]],
  "Age of the oldest frame": [[3_600, "1 hour"]],
  "Memory": [[268_435_456, "256 MiB"]],
  "Processor time": [[0.125, "12.5%"]],
  "Answers per second": [[2, "2"]],
};

const timeMs = Date.UTC(2026, 0, 5, 15);

for (const version of grafanaVersions) {
  const reader = new PanelReader(loadGrafanaData(version));

  Deno.test(`Grafana ${version}: numbers of the pipeline are read as what they are`, async () => {
    const read = await Promise.all(
      shown("stat").map(async (panel) => [
        panel.title,
        await Promise.all((stats[panel.title] ?? []).map(async ([value]) => {
          const [reading] = await reader.stats(panel, seriesOf(panel, value));
          return [value, reading?.text];
        })),
      ]),
    );
    assert.deepEqual(Object.fromEntries(read), stats);
  });

  Deno.test(`Grafana ${version}: lines of the pipeline are read as what they are`, async () => {
    const read = await Promise.all(
      shown("timeseries").map(async (panel) => [
        panel.title,
        await Promise.all((lines[panel.title] ?? []).map(async ([value]) => {
          const drawn = await reader.lines(panel, seriesOf(panel, value));
          assert.deepEqual(
            drawn.map(({ name }) => name),
            panel.targets?.map(({ legendFormat }) => legendFormat),
          );
          return [value, drawn[0]?.points[0]?.[1]];
        })),
      ]),
    );
    assert.deepEqual(Object.fromEntries(read), lines);
  });
}

Deno.test("Numbers of the pipeline are of now: what has ended shows nothing, or no", () => {
  for (const { title, targets } of shown("stat")) {
    for (const { instant, expr } of targets ?? []) {
      assert.ok(instant, title);
      const yesOrNo = stats[title]?.[0]?.[1] === "yes";
      assert.equal(expr?.endsWith(" or vector(0)"), yesOrNo, title);
    }
  }
});

function shown(type: string): Panel[] {
  return pipeline.panels.filter((panel) => panel.type === type);
}

/** A series for each query of a panel, named by its legend. */
function seriesOf({ targets = [] }: Panel, value: number): unknown[] {
  return targets.map(({ refId, legendFormat }) => ({
    schema: {
      refId,
      fields: [
        { name: "Time", type: "time", typeInfo: { frame: "time.Time" } },
        {
          name: "Value",
          type: "number",
          typeInfo: { frame: "float64" },
          config: legendFormat === undefined ? {} : { displayNameFromDS: legendFormat },
        },
      ],
    },
    data: { values: [[timeMs], [value]] },
  }));
}
