import assert from "node:assert/strict";
import { resolutions } from "../../../src/market/resolutions.ts";
import { statementFaults, variableFaults } from "../../support/grafana/cql.ts";
import {
  allTargets,
  type Dashboard,
  dashboards,
  type Panel,
  variableQueries,
} from "../../support/grafana/dashboards.ts";
import { variablesIn } from "../../support/grafana/expand.ts";
import { dataSources } from "../../support/grafana/provisioning.ts";

/** Variables that Grafana and the data sources know by themselves. */
const builtIn = ["__timeFrom", "__timeTo", "__rate_interval", "__all"];

const all: readonly Dashboard[] = Object.values(dashboards);

Deno.test("Dashboards have uids, names and panel ids of their own, and refresh every 5 s", () => {
  for (const key of ["uid", "title"] as const) {
    assert.equal(new Set(all.map((dashboard) => dashboard[key])).size, all.length);
  }
  for (const { title, panels, refresh } of all) {
    assert.equal(new Set(panels.map(({ id }) => id)).size, panels.length, title);
    assert.equal(refresh, "5s", title);
  }
});

Deno.test("The market dashboard offers every window length", () => {
  const variables = all.flatMap(({ templating }) => templating.list);
  const offered = variables.find(({ name }) => name === "resolution")?.query;
  assert.equal(offered, [...resolutions.keys()].join(","));
});

Deno.test("Dashboards name provisioned data sources, in panels, queries and variables", () => {
  const known = new Set(dataSources.map(({ type, uid }) => `${type} ${uid}`));
  for (const { title, panels, templating } of all) {
    const users = [...panels.filter(({ type }) => type !== "row"), ...templating.list]
      .filter((user) => !("type" in user && user.type === "custom"));
    for (const { datasource } of users) {
      assert.ok(known.has(`${datasource?.type} ${datasource?.uid}`), title);
    }
  }
  for (const { place, datasource, panel } of allTargets) {
    assert.deepEqual(datasource, panel.datasource, place);
  }
});

Deno.test("Panels lie beside each other within 24 columns", () => {
  for (const { title, panels } of all) {
    for (const [index, panel] of panels.entries()) {
      const { x, w, h } = panel.gridPos;
      assert.ok(x >= 0 && w > 0 && h > 0 && x + w <= 24, `${title}: ${panel.title}`);
      for (const other of panels.slice(index + 1)) {
        assert.ok(!overlap(panel, other), `${title}: ${panel.title} over ${other.title}`);
      }
    }
  }
});

Deno.test("Panels have queries with names of their own, rows have none", () => {
  for (const { title, panels } of all) {
    for (const { type, targets = [], title: panel } of panels) {
      const place = `${title}: ${panel}`;
      assert.equal(targets.length === 0, type === "row", place);
      assert.equal(new Set(targets.map(({ refId }) => refId)).size, targets.length, place);
    }
  }
});

Deno.test("Dashboards use variables that they have, and have none that they do not use", () => {
  for (const dashboard of all) {
    const names = dashboard.templating.list.map(({ name }) => name);
    assert.equal(new Set(names).size, names.length);
    const used = variablesIn(JSON.stringify(dashboard)).map(({ name }) => name);
    for (const name of used) {
      assert.ok([...names, ...builtIn].includes(name), `${dashboard.title}: $${name}`);
    }
    for (const name of names) assert.ok(used.includes(name), `${dashboard.title}: ${name}`);
  }
});

Deno.test("Variables of several values stand where a list may stand", () => {
  for (const { title, templating } of all) {
    const several = templating.list.filter(({ multi }) => multi).map(({ name }) => name);
    for (const { target = "", place } of allTargets.filter((t) => t.dashboard.title === title)) {
      for (const name of several.filter((name) => target.includes(`{${name}:`))) {
        assert.ok(target.includes(`IN (\${${name}:sqlstring})`), place);
      }
    }
  }
});

Deno.test("Statements have the plugin's form, and are bounded by partition and time", () => {
  const statements = allTargets.filter(({ target }) => target !== undefined);
  assert.ok(statements.length >= 9);
  for (const { place, target = "", queryType, rawQuery } of statements) {
    assert.deepEqual({ queryType, rawQuery }, { queryType: "query", rawQuery: true }, place);
    assert.deepEqual(statementFaults(target), [], place);
  }
  for (const dashboard of all) {
    for (const [name, query] of variableQueries(dashboard)) {
      assert.deepEqual(variableFaults(query), [], name);
    }
  }
});

Deno.test.each([
  { fault: "reads no table", sql: "SELECT symbol, a FROM market.trades WHERE symbol = 'A'" },
  { fault: "which symbol", sql: "SELECT symbol, price FROM trades WHERE price > 1" },
  { fault: "range's start", sql: "SELECT symbol, price FROM trades WHERE symbol = 'A'" },
  { fault: "must not filter", sql: "SELECT symbol, a FROM trades WHERE a > 1 ALLOW FILTERING" },
  { fault: "series' name", sql: "SELECT price, symbol FROM trades WHERE symbol = 'A'" },
  { fault: "must quote", sql: "SELECT symbol, price FROM trades WHERE symbol = $symbol" },
  { fault: "reads no table", sql: "select symbol, price from trades where symbol = 'A'" },
])("statementFaults() finds: $fault", ({ fault, sql }) => {
  assert.ok(statementFaults(sql).some((line) => line.includes(fault)));
});

function overlap({ gridPos: a }: Panel, { gridPos: b }: Panel): boolean {
  return a.x < b.x + b.w && b.x < a.x + a.w && a.y < b.y + b.h && b.y < a.y + a.h;
}
