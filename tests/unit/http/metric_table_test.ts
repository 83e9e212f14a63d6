import assert from "node:assert/strict";
import { everyMetric } from "../../support/all_metrics.ts";
import { labelNames, parseExposition } from "../../support/exposition.ts";
import { lintMetrics } from "../../support/metric_lint.ts";
import { documentedMetrics } from "../../support/metric_table.ts";

Deno.test("docs/METRICS.md names every metric with its type, labels and help text", async () => {
  const shown = parseExposition(await everyMetric())
    .map((family) => ({
      name: family.name,
      type: family.type,
      labels: labelNames(family),
      help: family.help,
    }));
  const byName = (a: { name: string }, b: { name: string }) => a.name < b.name ? -1 : 1;
  const documented = documentedMetrics.map(({ programs: _, ...metric }) => metric);
  assert.deepEqual(documented, shown.sort(byName));
});

Deno.test("docs/METRICS.md names at least one program for every metric", () => {
  for (const { name, programs } of documentedMetrics) {
    assert.ok(programs.length > 0, name);
    for (const program of programs) assert.match(program, /^(start|produce|process)$/, name);
  }
});

Deno.test("Metrics keep Prometheus' conventions for names and units", async () => {
  assert.deepEqual(lintMetrics(parseExposition(await everyMetric())), []);
});

Deno.test.each([
  { text: "# HELP trades B.\n# TYPE trades counter\ntrades 1", problem: "_total" },
  { text: "# HELP a_total B.\n# TYPE a_total gauge\na_total 1", problem: "_total" },
  { text: "# HELP lag_ms B.\n# TYPE lag_ms gauge\nlag_ms 1", problem: "ms in its name" },
  { text: "# HELP a_count B.\n# TYPE a_count gauge\na_count 1", problem: "part of a histogram" },
  { text: "# HELP aB B.\n# TYPE aB gauge\naB 1", problem: "snake case" },
  { text: '# HELP a B.\n# TYPE a gauge\na{le="1"} 1', problem: "no histogram" },
  { text: '# HELP a B.\n# TYPE a gauge\na{aB="1"} 1', problem: "label" },
  { text: "# HELP a  \n# TYPE a gauge\na 1", problem: "help" },
])("lintMetrics() finds $problem", ({ text, problem }) => {
  const found = lintMetrics(parseExposition(text));
  assert.equal(found.length, 1, found.join("\n"));
  assert.ok(found[0]?.includes(problem), found[0]);
});

Deno.test("parseExposition() refuses a line that is none", () => {
  for (const line of ["a{b=c} 1", "b 1", "a one", 'a{b="1"']) {
    assert.throws(() => parseExposition(`# HELP a B.\n# TYPE a gauge\n${line}`), line);
  }
});
