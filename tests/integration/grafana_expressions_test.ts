/** The language parser reads an environment variable, so these tests need a permission. */
import assert from "node:assert/strict";
import { everyMetric } from "../support/all_metrics.ts";
import { parseExposition } from "../support/exposition.ts";
import { allTargets, dashboards } from "../support/grafana/dashboards.ts";
import { expandExpression, variablesIn } from "../support/grafana/expand.ts";
import { expressionFaults, selectorsOf } from "../support/grafana/promql.ts";
import { alertExpressions } from "../support/grafana/provisioning.ts";

const ofPanels = allTargets.flatMap(({ expr, legendFormat = "", place }) =>
  expr === undefined ? [] : { place, expr: expandExpression(expr), legend: legendFormat }
);

Deno.test("Every file of grafana/dashboards is looked at by these tests", async () => {
  const folder = new URL("../../grafana/dashboards/", import.meta.url);
  const files = (await Array.fromAsync(Deno.readDir(folder))).map(({ name }) => name);
  assert.deepEqual(files.toSorted(), Object.keys(dashboards).toSorted());
});

Deno.test("Expressions of dashboards and alerts name metrics and labels that exist", () => {
  assert.ok(ofPanels.length > 30 && alertExpressions.length >= 4);
  for (const { place, expr, legend } of [...ofPanels, ...alertExpressions]) {
    assert.deepEqual(expressionFaults(expr, legend), [], place);
  }
});

Deno.test("Values of labels in expressions are values that the programs use", async () => {
  const samples = parseExposition(await everyMetric()).flatMap(({ samples }) => samples);
  let count = 0;
  for (const { place, expr } of [...ofPanels, ...alertExpressions]) {
    for (const { series, matchers } of selectorsOf(expr)) {
      for (const { name, value } of matchers) {
        const values = samples.filter((sample) => sample.name === series)
          .map(({ labels }) => labels[name]);
        for (const wanted of value.split("|")) {
          assert.ok(values.includes(wanted), `${place}: ${series}{${name}="${wanted}"}`);
          count++;
        }
      }
    }
  }
  assert.ok(count > 3);
});

Deno.test("Alert expressions hold no variable: Grafana's backend replaces none", () => {
  for (const { place, expr } of alertExpressions) assert.deepEqual(variablesIn(expr), [], place);
});

Deno.test.each([
  { expr: "sum(rate(stream_nothing_total[1m]))", fault: "no metric" },
  { expr: "sum by (cause) (stream_lag_records)", fault: 'label "cause" of aggregation' },
  { expr: 'stream_lag_records{topik="x"}', fault: 'label "topik"' },
  { expr: "sum(stream_lag_records", fault: "no PromQL" },
  { expr: "sink_write_duration_seconds", fault: "no metric" },
  { expr: "sum by (topic) (sum by (partition) (stream_lag_records))", fault: 'label "topic"' },
  { expr: "stream_lag_records and on (cause) spool_bytes", fault: "side of a join" },
])("expressionFaults() finds what is wrong with $expr", ({ expr, fault }) => {
  const faults = expressionFaults(expr);
  assert.ok(faults.some((line) => line.includes(fault)), faults.join("\n"));
});

Deno.test("expressionFaults() finds a label in a legend that the result does not have", () => {
  assert.equal(expressionFaults("sum(stream_lag_records)", "{{topic}}").length, 1);
  assert.equal(expressionFaults("sum by (topic) (stream_lag_records)", "{{topic}}").length, 0);
});
