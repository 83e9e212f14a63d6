import assert from "node:assert/strict";
import { dashboards } from "../../support/grafana/dashboards.ts";
import {
  alertGroups,
  dataSources,
  scrapeSettings,
  scrapeTargets,
} from "../../support/grafana/provisioning.ts";
import { cassandraKeyspace } from "../../../src/app/cassandra_settings.ts";
import { httpPort, produceHttpPort } from "../../../src/app/settings.ts";

const rules = alertGroups.flatMap(({ rules }) => rules);

Deno.test("datasources.yaml gives the plugin everything it refuses to do without", () => {
  const cassandra = dataSources.find(({ uid }) => uid === "cassandra");
  assert.equal(cassandra?.type, "hadesarchitect-cassandra-datasource");
  assert.match(cassandra.url, /^[\w.-]+:\d+(;[\w.-]+:\d+)*$/);
  assert.equal(cassandra.jsonData["keyspace"], cassandraKeyspace.defaultText);
  assert.match(String(cassandra.jsonData["consistency"]), /^(ONE|LOCAL_ONE|QUORUM|LOCAL_QUORUM)$/);
  assert.equal(typeof cassandra.jsonData["timeout"], "number");
});

Deno.test("Prometheus is scraped as often as Grafana is told", () => {
  const prometheus = dataSources.find(({ uid }) => uid === "prometheus");
  assert.equal(prometheus?.jsonData["timeInterval"], scrapeSettings.global.scrape_interval);
});

Deno.test("prometheus.yml names the ports that the programs serve metrics on", () => {
  assert.deepEqual(scrapeTargets, {
    process: [`process:${httpPort.defaultText}`],
    produce: [`produce:${produceHttpPort.defaultText}`],
  });
});

Deno.test("Alert rules end in a threshold over a query of a provisioned data source", () => {
  const known = dataSources.map(({ uid }) => uid);
  for (const { title, condition, data, noDataState, execErrState } of rules) {
    const last = data.find(({ refId }) => refId === condition);
    assert.equal(last?.datasourceUid, "__expr__", title);
    assert.equal(last.model.type, "threshold", title);
    const query = data.find(({ refId }) => refId === last.model.expression);
    assert.ok(known.includes(query?.datasourceUid ?? ""), title);
    assert.equal(query?.relativeTimeRange?.to, 0, title);
    for (const { refId, model } of data) assert.equal(model.refId, refId, title);
    assert.match(noDataState, /^(OK|NoData|Alerting|KeepLast)$/, title);
    assert.match(execErrState, /^(OK|Error|Alerting|KeepLast)$/, title);
  }
});

Deno.test("Alert rules lead to a panel that exists", () => {
  for (const { title, dashboardUid, panelId } of rules) {
    const dashboard = Object.values(dashboards).find(({ uid }) => uid === dashboardUid);
    const panel = dashboard?.panels.find(({ id }) => id === panelId);
    assert.ok(panel !== undefined && panel.type !== "row", title);
  }
});
