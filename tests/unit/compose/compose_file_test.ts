/** compose/compose.yaml must fit the programs that it runs, and be safe to run. */
import assert from "node:assert/strict";
import { CATALOGUE } from "../../../scripts/services/catalogue.ts";
import composeText from "../../../compose/compose.yaml" with { type: "text" };
import dockerfile from "../../../compose/Dockerfile" with { type: "text" };
import logins from "../../../compose/logins.sh" with { type: "text" };
import aclText from "../../../compose/kafka.acl" with { type: "text" };
import rolesText from "../../../cql/roles.cql" with { type: "text" };
import { aclEntries } from "../../../scripts/access/acls.ts";
import config from "../../../deno.json" with { type: "json" };
import { readFeedConfig } from "../../../src/app/feed_config.ts";
import { readProcessConfig } from "../../../src/app/process_config.ts";
import { readProduceConfig } from "../../../src/app/produce_config.ts";
import { readProvisionConfig } from "../../../src/app/provision_config.ts";
import {
  type ComposeService,
  environmentOf,
  parseComposeFile,
} from "../../support/compose_file.ts";
import { scrapeTargets } from "../../support/grafana/provisioning.ts";

const file = parseComposeFile(composeText);
const services = Object.entries(file.services);
const profiles = ["feed", "live", "dev"];
const memoryBytesMax = 6 * 1024 ** 3;

function serviceOf(name: string): ComposeService {
  const service = file.services[name];
  assert(service, name);
  return service;
}

/** What each container runs. */
const programs = [
  ["produce", readProduceConfig],
  ["produce-feed", readProduceConfig],
  ["process", readProcessConfig],
  ["provision", readProvisionConfig],
  ["feed", readFeedConfig],
] as const;

for (const [name, read] of programs) {
  Deno.test(`compose gives ${name} values that its program takes`, () => {
    const environment = environmentOf(serviceOf(name));
    assert.ok(read({ FINHUB_SECRET_KEY: "key", ...environment }));
  });
}

Deno.test("compose shows the key to the producer of profile live and to no other", () => {
  const knowing = services.filter(([, { environment = {} }]) =>
    environment["FINHUB_SECRET_KEY"] === null ||
    JSON.stringify(environment).includes("${FINHUB_SECRET_KEY")
  );
  assert.deepEqual(knowing.map(([name]) => name), ["produce"]);
  for (const [name, { env_file }] of services) assert.equal(env_file, undefined, name);
});

Deno.test("compose bounds the memory of every service, to less than 6 GiB in all", () => {
  const limits = services.map(([name, { mem_limit = "" }]) => {
    assert.match(mem_limit, /^\d+m$/, name);
    return Number.parseInt(mem_limit) * 1024 ** 2;
  });
  assert(limits.reduce((sum, limit) => sum + limit, 0) < memoryBytesMax);
});

Deno.test("compose leaves a Java heap room inside its service's memory", () => {
  const heaps = services.flatMap(([name, { environment = {}, mem_limit = "" }]) => {
    const text = JSON.stringify(environment);
    const [, heap] = /-Xmx(\d+)m/.exec(text) ?? /"MAX_HEAP_SIZE":"(\d+)m"/.exec(text) ?? [];
    return heap === undefined ? [] : [{ name, heap: Number(heap), limit: parseInt(mem_limit) }];
  });
  assert.equal(heaps.length, 5);
  for (const { name, heap, limit } of heaps) assert(heap * 1.7 < limit, name);
});

Deno.test("compose never asks a registry for the images that it builds", () => {
  for (const [name, { image, pull_policy }] of services) {
    if (image.startsWith("market/")) assert.equal(pull_policy, "never", name);
  }
});

/** Their digests are not known yet: Renovate adds them (`pinDigests`). */
const byTagOnly = ["kafka-0", "kafka-1", "kafka-2", "schema-registry", "cassandra"];

Deno.test("compose names every image by an exact tag, and by its digest where that is known", () => {
  for (const [name, { image, build }] of services) {
    if (build !== undefined) assert.equal(image, `market/${build.target}:${config.version}`);
    else if (name === "access") assert.equal(image, serviceOf("passwords").image);
    else if (byTagOnly.includes(name)) assert.match(image, /:\d+\.\d+\.\d+$/, name);
    else assert.match(image, /:v?\d+\.\d+\.\d+@sha256:[0-9a-f]{64}$/, name);
  }
});

Deno.test("compose runs the Kafka and the Cassandra that the tests run on", () => {
  const brokers = services.filter(([name]) => name.startsWith("kafka-"));
  for (const [, { image }] of brokers) {
    assert.equal(image, `apache/kafka:${CATALOGUE.kafka.version}`);
  }
  assert.equal(serviceOf("cassandra").image, `cassandra:${CATALOGUE.cassandra.version}`);
});

Deno.test("compose publishes on the loopback interface only, each port once", () => {
  const published = services.flatMap(([, { ports = [] }]) => ports);
  for (const port of published) assert.match(port, /^127\.0\.0\.1:[\d-]+:\d+$/);
  const hostPorts = published.map((port) => port.split(":")[1]);
  assert.equal(new Set(hostPorts).size, hostPorts.length);
});

Deno.test("compose takes every privilege away from every service", () => {
  for (const [name, { cap_drop, security_opt, privileged }] of services) {
    assert.deepEqual(cap_drop, ["ALL"], name);
    assert.deepEqual(security_opt, ["no-new-privileges:true"], name);
    assert.equal(privileged, undefined, name);
  }
});

Deno.test("compose makes every service read-only whose image does not write its own files", () => {
  const writable = services.filter(([, { read_only }]) => read_only !== true).map(([name]) => name);
  assert.deepEqual(writable, ["kafka-0", "kafka-1", "kafka-2", "schema-registry", "cassandra"]);
});

Deno.test("compose asks every service that stays whether it works", () => {
  for (const [name, { healthcheck, restart = "" }] of services) {
    if (restart === "unless-stopped") assert(healthcheck && healthcheck.test.length > 1, name);
    else assert.match(restart, /^on-failure:\d+$/, name);
  }
});

Deno.test("compose waits for what a service needs, and not merely for its start", () => {
  for (const [name, { depends_on = {} }] of services) {
    for (const [other, { condition }] of Object.entries(depends_on)) {
      const once = serviceOf(other).healthcheck === undefined;
      assert.equal(
        condition,
        once ? "service_completed_successfully" : "service_healthy",
        `${name} on ${other}`,
      );
    }
  }
});

Deno.test.each(profiles.map((profile) => ({ profile })))(
  "compose profile $profile has everything that its services wait for",
  ({ profile }) => {
    const present = services.filter(([, { profiles }]) => profiles?.includes(profile) ?? true);
    const names = new Set(present.map(([name]) => name));
    for (const [name, { depends_on = {} }] of present) {
      for (const other of Object.keys(depends_on)) assert(names.has(other), `${name} on ${other}`);
    }
    const expected = { feed: "produce-feed", live: "produce", dev: "provision" }[profile] ?? "";
    assert(names.has(expected));
    assert.equal(names.has("process"), profile !== "dev");
  },
);

Deno.test("Prometheus finds its targets under names and ports that compose has", () => {
  const targets = Object.values(scrapeTargets).flat();
  assert.equal(targets.length, 2);
  for (const target of targets) {
    const [name = "", port] = target.split(":");
    const environment = environmentOf(serviceOf(name));
    const own = environment["HTTP_PORT"] ?? environment["PRODUCE_HTTP_PORT"];
    assert.equal(own, port, target);
  }
  // In profile feed the other producer answers to the name.
  assert.deepEqual(serviceOf("produce-feed").networks?.["default"]?.aliases, ["produce"]);
});

Deno.test("compose declares exactly the volumes that are used", () => {
  const used = services.flatMap(([, { volumes = [] }]) =>
    volumes.flatMap((volume) => typeof volume === "string" ? volume.split(":")[0] ?? "" : [])
  ).filter((source) => !source.startsWith("."));
  assert.deepEqual([...new Set(used)].sort(), Object.keys(file.volumes).sort());
  const data = used.filter((source) => !source.startsWith("login-"));
  assert.equal(data.length, new Set(data).size);
});

/** The container that has made the passwords, and who reads each volume of them. */
const readers: Readonly<Record<string, readonly string[]>> = {
  "login-kafka": ["kafka-0", "kafka-1", "kafka-2"],
  "login-registry": ["schema-registry"],
  "login-access": ["access"],
  "login-provision": ["provision"],
  "login-produce": ["produce-feed", "produce"],
  "login-process": ["process"],
  "login-grafana": ["grafana"],
  "login-dev": [],
};

Deno.test("compose shows each container its own passwords alone, and lets none change them", () => {
  for (const [volume, names] of Object.entries(readers)) {
    const mounts = services.flatMap(([name, { volumes = [] }]) =>
      volumes.filter((entry) => typeof entry === "string" && entry.startsWith(`${volume}:`))
        .map((entry) => `${name} ${entry}`)
    );
    const folder = volume.replace("login-", "/logins/");
    const reading = names.map((name) => `${name} ${volume}:/login:ro`);
    assert.deepEqual(mounts, [`passwords ${volume}:${folder}`, ...reading]);
  }
});

Deno.test("compose holds no password and lets no one into Grafana without one", () => {
  for (const [name, { environment = {} }] of services) {
    for (const [variable, value] of Object.entries(environment)) {
      if (!variable.includes("PASSWORD")) continue;
      assert.equal(`${variable}=${value}`, "GF_SECURITY_ADMIN_PASSWORD__FILE=/login/admin", name);
    }
  }
  assert.doesNotMatch(composeText, /ANONYMOUS|[^_]PLAINTEXT/);
});

Deno.test("logins.sh makes a password for every role that has rights, and for no other", () => {
  const rolesIn = (variable: string) =>
    new RegExp(`^for role in (.+); do\\n +${variable}\\[`, "m").exec(logins)?.[1]?.split(" ")
      .toSorted();
  const acls = aclEntries(aclText, { topic: "t", application: "a" });
  const kafka = new Set(acls.map(({ principal }) => principal.replace("User:", "")));
  assert.deepEqual(rolesIn("kafka"), [...kafka, "access", "health", "kafka"].toSorted());
  const cassandra = [...rolesText.matchAll(/^CREATE ROLE IF NOT EXISTS (\w+)/gm)]
    .map(([, role]) => role);
  assert.deepEqual(rolesIn("cassandra"), [...cassandra, "access"].toSorted());
});

Deno.test("compose lets any one Kafka node be lost", () => {
  const nodes = services.filter(([name]) => name.startsWith("kafka-"));
  const brokers = nodes.filter(([, { environment = {} }]) =>
    String(environment["KAFKA_PROCESS_ROLES"]).split(",").includes("broker")
  );
  assert.equal(brokers.length, 2);
  for (const [name, { environment = {} }] of nodes) {
    const voters = String(environment["KAFKA_CONTROLLER_QUORUM_VOTERS"]).split(",");
    assert.equal(voters.length, 3);
    assert(voters.includes(`${environment["KAFKA_NODE_ID"]}@${name}:9093`));
    const settings = Object.entries(environment);
    for (const [setting, value] of settings) {
      if (setting.endsWith("REPLICATION_FACTOR")) assert.equal(value, brokers.length, setting);
      if (setting.endsWith("_ISR") || setting.endsWith("INSYNC_REPLICAS")) assert.equal(value, 1);
    }
  }
});

Deno.test("the Dockerfile has a target for every image that compose builds, none as root", () => {
  const stages = [...dockerfile.matchAll(/^FROM \S+ AS (\S+)$/gm)].map(([, stage]) => stage);
  for (const [name, { build }] of services) {
    if (build !== undefined) assert(stages.includes(build.target), name);
  }
  const base = dockerfile.slice(dockerfile.indexOf(" AS base"));
  assert.match(base, /^USER deno$/m);
  assert.doesNotMatch(base, /^USER (?!deno$)/m);
  // What runs at the start must be in the image: nothing is fetched after the packages' stage.
  assert.doesNotMatch(base, /^RUN /m);
});
