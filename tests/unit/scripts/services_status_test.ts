import assert from "node:assert/strict";
import type { Ports, ServiceName } from "../../../scripts/services/definition.ts";
import { environmentOf, environmentText } from "../../../scripts/services/environment.ts";
import type { MemberState } from "../../../scripts/services/state.ts";
import { isAllUp, statusTable } from "../../../scripts/services/status.ts";

function member(service: ServiceName, ports: Ports): MemberState {
  const id = service === "kafka" ? `kafka-${(ports["client"] ?? 0) - 9091}` : service;
  return { id, service, ports, log: `/l/${id}.log`, process: { pid: 7, started: "x" } };
}

const all = [
  member("kafka", { client: 9092 }),
  member("kafka", { client: 9093 }),
  member("registry", { client: 8081 }),
  member("cassandra", { client: 9042 }),
];

Deno.test("environmentOf() names every broker, and the registry with its path", () => {
  assert.equal(
    environmentText(environmentOf(all)),
    "KAFKA_URL=127.0.0.1:9092,127.0.0.1:9093\n" +
      "SCHEMA_REGISTRY_URL=http://127.0.0.1:8081/apis/ccompat/v7\n" +
      "CASSANDRA_HOST=127.0.0.1\n" +
      "CASSANDRA_PORT=9042\n" +
      "CASSANDRA_DATACENTER=datacenter1\n",
  );
  assert.deepEqual(environmentOf([]), {});
});

Deno.test("statusTable() shows no process for a member that is down", () => {
  const [first, , registry] = all;
  assert.ok(first && registry);
  const statuses = [
    { member: first, health: "up" as const },
    { member: { ...registry, ports: {} }, health: "down" as const },
  ];
  assert.deepEqual(statusTable(statuses).split("\n"), [
    "SERVICE   HEALTH  PORT  PID  LOG",
    "kafka-1   up      9092  7    /l/kafka-1.log",
    "registry  down    -     -    /l/registry.log",
    "",
  ]);
  assert.ok(!isAllUp(statuses));
  assert.ok(isAllUp(statuses.slice(0, 1)));
  assert.ok(!isAllUp([]));
});
