import assert from "node:assert/strict";
import {
  composeArgs,
  composeEnvironment,
  composeProject,
  upCommand,
} from "../../../scripts/services/compose.ts";
import type { Mode, Ports, ServiceName } from "../../../scripts/services/definition.ts";
import { downCommand } from "../../../scripts/services/down.ts";
import { environmentOf, environmentText } from "../../../scripts/services/environment.ts";
import { chooseMode } from "../../../scripts/services/mode.ts";
import { defaultSettings } from "../../../scripts/services/settings.ts";
import type { MemberState } from "../../../scripts/services/state.ts";
import { isAllUp, statusTable } from "../../../scripts/services/status.ts";
import text from "../../../compose/services.yaml" with { type: "text" };

const settings = defaultSettings("/d", {});
const empty = { dir: "/d", members: [] };
const [yes, no] = [true, false];
const docker = () => Promise.resolve(yes);
const noDocker = () => Promise.resolve(no);

function member(service: ServiceName, ports: Ports, mode: Mode = "jar"): MemberState {
  const id = service === "kafka" ? `kafka-${(ports["client"] ?? 0) - 9091}` : service;
  return { id, service, mode, ports, log: `/l/${id}.log`, process: { pid: 7, started: "x" } };
}

const all = [
  member("kafka", { client: 9092 }),
  member("kafka", { client: 9093 }),
  member("registry", { client: 8081 }),
  member("cassandra", { client: 9042 }),
];

Deno.test("composeProject() is the same for the same folder and legal for Docker", () => {
  assert.equal(composeProject("/d"), composeProject("/d"));
  assert.notEqual(composeProject("/d"), composeProject("/e"));
  assert.match(composeProject("/d"), /^market-services-[0-9a-f]{8}$/);
});

Deno.test("composeArgs() names project and file, then waits for health", () => {
  const args = composeArgs("/d", upCommand(["kafka"]));
  assert.deepEqual(args.slice(0, 4), ["compose", "-p", composeProject("/d"), "-f"]);
  assert.match(args[4] ?? "", /\/compose\/services\.yaml$/);
  assert.deepEqual(args.slice(5), [
    "up",
    "--detach",
    "--wait",
    "--wait-timeout",
    "300",
    "kafka",
  ]);
});

Deno.test("downCommand() removes all of a set, or stops a part of it", () => {
  const whole = { all: true, wipe: true };
  assert.deepEqual(downCommand(["kafka"], { ...whole, wipe: false }), ["down"]);
  assert.deepEqual(downCommand(["kafka"], whole), ["down", "--volumes"]);
  assert.deepEqual(downCommand(["kafka"], { all: false, wipe: false }), [
    "rm",
    "--stop",
    "--force",
    "kafka",
  ]);
});

Deno.test("composeEnvironment() sets only variables that compose/services.yaml reads", () => {
  const [, second, ...rest] = all;
  assert.ok(second);
  const environment = composeEnvironment(rest);
  assert.deepEqual(environment, { REGISTRY_PORT: "8081", CASSANDRA_PORT: "9042" });
  for (const name of Object.keys(environment)) assert.ok(text.includes(`\${${name}:-`));
  assert.deepEqual(composeEnvironment([{ ...second, ports: {} }]), {});
});

Deno.test("compose/services.yaml pins every image and publishes on the loopback interface", () => {
  const images = text.match(/image: .*/g) ?? [];
  assert.equal(images.length, 3);
  for (const image of images) assert.match(image, /[:-]\d+\.\d+\.\d+\}?$/);
  const published = text.match(/- "[^"]*:\d+"$/gm) ?? [];
  assert.equal(published.length, 3);
  for (const port of published) assert.match(port, /^- "127\.0\.0\.1:/);
});

Deno.test("chooseMode() takes containers where Docker answers, else Java", async () => {
  assert.equal(await chooseMode(empty, settings, docker), "compose");
  assert.equal(await chooseMode(empty, settings, noDocker), "jar");
  assert.equal(await chooseMode(empty, { ...settings, mode: "jar" }, docker), "jar");
  assert.equal(await chooseMode(empty, { ...settings, kafkaBrokers: 3 }, docker), "jar");
});

Deno.test("chooseMode() refuses containers where no Docker engine answers", async () => {
  await assert.rejects(chooseMode(empty, { ...settings, mode: "compose" }, noDocker), {
    code: "SERVICES_UNAVAILABLE",
    message: /Cannot use --mode compose as a Docker engine must answer/,
  });
});

Deno.test("chooseMode() stays with what wrote a folder's data", async () => {
  const set = { dir: "/d", members: [member("kafka", { client: 9092 })] };
  assert.equal(await chooseMode(set, settings, docker), "jar");
  await assert.rejects(chooseMode(set, { ...settings, mode: "compose" }, docker), {
    code: "CONFIG_INVALID",
    message: /its data is of mode jar/,
  });
});

Deno.test("chooseMode() refuses several brokers in containers", async () => {
  const wanted = { ...settings, mode: "compose" as const, kafkaBrokers: 2 };
  await assert.rejects(chooseMode(empty, wanted, docker), {
    code: "CONFIG_INVALID",
    message: /--kafka-brokers must then be 1: it is 2/,
  });
});

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
    "SERVICE   HEALTH  PORT  PID  MODE  LOG",
    "kafka-1   up      9092  7    jar   /l/kafka-1.log",
    "registry  down    -     -    jar   /l/registry.log",
    "",
  ]);
  assert.ok(!isAllUp(statuses));
  assert.ok(isAllUp(statuses.slice(0, 1)));
  assert.ok(!isAllUp([]));
});
