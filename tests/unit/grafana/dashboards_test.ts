import assert from "node:assert/strict";
import { allTargets, dashboards } from "../../support/grafana/dashboards.ts";
import { variablesIn } from "../../support/grafana/expand.ts";
import { dataSources } from "../../support/grafana/provisioning.ts";

/** Variables that Grafana and the data sources know by themselves. */
const builtIn = ["__timeFrom", "__timeTo", "__interval_ms", "__rate_interval", "__all"];

const all = Object.values(dashboards);

Deno.test("Panels have ids of their own, and queries with names of their own", () => {
  for (const { title, panels } of all) {
    assert.equal(new Set(panels.map(({ id }) => id)).size, panels.length, title);
    for (const { targets = [], title: panel } of panels) {
      assert.equal(new Set(targets.map(({ refId }) => refId)).size, targets.length, panel);
    }
  }
});

Deno.test("Queries name provisioned data sources", () => {
  const known = new Set(dataSources.map(({ type, uid }) => `${type} ${uid}`));
  for (const { place, datasource } of allTargets) {
    assert.ok(known.has(`${datasource.type} ${datasource.uid}`), place);
  }
});

Deno.test("Dashboards use variables that they have, and have none that they do not use", () => {
  for (const dashboard of all) {
    const names = dashboard.templating.list.map(({ name }) => name);
    const used = variablesIn(JSON.stringify(dashboard)).map(({ name }) => name);
    for (const name of used) {
      assert.ok([...names, ...builtIn].includes(name), `${dashboard.title}: $${name}`);
    }
    for (const name of names) assert.ok(used.includes(name), `${dashboard.title}: ${name}`);
  }
});

Deno.test("Statements quote the values that are put into them", () => {
  for (const { place, target = "" } of allTargets) {
    for (const { name, format } of variablesIn(target)) {
      assert.equal(format, builtIn.includes(name) ? undefined : "sqlstring", `${place}: ${name}`);
    }
  }
});
