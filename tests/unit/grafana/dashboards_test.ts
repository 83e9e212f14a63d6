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

Deno.test("An operation that is an operand has its type, or Cassandra may find no operator for it", () => {
  for (const { place, target = "" } of allTargets) {
    assert.deepEqual(untypedOperands(target), [], place);
  }
  assert.deepEqual(untypedOperands("f((bigint)1 / (bigint)2 * (bigint)3)"), ["1 / 2 * 3"]);
  assert.deepEqual(untypedOperands("f(((bigint)1 / (bigint)2) * 3)"), ["operation * 3"]);
  assert.deepEqual(untypedOperands("f((bigint)((bigint)1 / (bigint)2) * 3)"), []);
});

/** Sums and products in which something has no type but what Cassandra finds out for itself. */
function untypedOperands(statement: string): string[] {
  const found: string[] = [];
  const operators = / [-+*/] /g;
  let rest = statement.replaceAll(/\((?:bigint|timestamp)\)\(/g, "cast(")
    .replaceAll(/\((?:bigint|timestamp)\)/g, "");
  for (let group; (group = /(\w*)\(([^()]*)\)/.exec(rest)) !== null;) {
    const [whole, name = "", inside = ""] = group;
    for (const part of inside.split(", ")) {
      const count = part.match(operators)?.length ?? 0;
      if (count > 1 || (count === 1 && part.includes("operation"))) found.push(part);
    }
    const result = name === "" && inside.search(operators) >= 0 ? "operation" : "value";
    rest = rest.replace(whole, () => result);
  }
  return found;
}
