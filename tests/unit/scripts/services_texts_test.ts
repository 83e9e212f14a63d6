import assert from "node:assert/strict";
import { cassandraYaml } from "../../../scripts/services/cassandra.ts";
import { CATALOGUE } from "../../../scripts/services/catalogue.ts";
import type { LaunchRequest, Member } from "../../../scripts/services/definition.ts";
import { serverProperties } from "../../../scripts/services/kafka.ts";
import { mavenArgs, pomText } from "../../../scripts/services/maven.ts";

function broker(number: number): Member {
  const ports = { client: 9090 + number, controller: 20_000 + number };
  return { id: `kafka-${number}`, service: "kafka", ports };
}

function requestOf(member: Member, peers: readonly Member[] = [member]): LaunchRequest {
  const paths = { lib: "/lib", config: "/config", data: "/data of me" };
  return { member, peers, paths, heap: "300m", clusterId: "cluster" };
}

function propertiesOf(text: string): Map<string, string> {
  return new Map(
    text.trimEnd().split("\n").map((line) => {
      const [name = "", ...value] = line.split("=");
      return [name, value.join("=")];
    }),
  );
}

const cassandra: Member = {
  id: "cassandra",
  service: "cassandra",
  ports: { client: 9042, storage: 7001 },
};

Deno.test("serverProperties() keeps one broker on the loopback interface with one copy", () => {
  const properties = propertiesOf(serverProperties(requestOf(broker(1))));
  assert.equal(properties.get("node.id"), "1");
  assert.equal(
    properties.get("listeners"),
    "CLIENT://127.0.0.1:9091,CONTROLLER://127.0.0.1:20001",
  );
  assert.equal(properties.get("advertised.listeners"), "CLIENT://127.0.0.1:9091");
  assert.equal(properties.get("controller.quorum.voters"), "1@127.0.0.1:20001");
  assert.equal(properties.get("offsets.topic.replication.factor"), "1");
  assert.equal(properties.get("transaction.state.log.replication.factor"), "1");
  assert.equal(properties.get("transaction.state.log.min.isr"), "1");
  assert.equal(properties.get("group.initial.rebalance.delay.ms"), "0");
  assert.equal(properties.get("auto.create.topics.enable"), "false");
  assert.equal(properties.get("log.dirs"), "/data of me/log");
});

Deno.test("serverProperties() lets three brokers vote and keep three copies", () => {
  const peers = [broker(1), broker(2), broker(3)];
  const properties = propertiesOf(serverProperties(requestOf(broker(2), peers)));
  assert.equal(properties.get("node.id"), "2");
  assert.equal(
    properties.get("controller.quorum.voters"),
    "1@127.0.0.1:20001,2@127.0.0.1:20002,3@127.0.0.1:20003",
  );
  assert.equal(properties.get("default.replication.factor"), "3");
  assert.equal(properties.get("min.insync.replicas"), "2");
});

Deno.test("kafka formats its folder with the set's cluster id before the first start", () => {
  const plan = CATALOGUE.kafka.plan(requestOf(broker(1)));
  assert.deepEqual(plan.prepare?.slice(-7), [
    "kafka.tools.StorageTool",
    "format",
    "-t",
    "cluster",
    "-c",
    "/config/server.properties",
    "--ignore-formatted",
  ]);
  assert.deepEqual(plan.args.slice(-2), ["kafka.Kafka", "/config/server.properties"]);
  assert.ok(plan.args.includes("-Xmx300m"));
});

Deno.test("cassandraYaml() keeps the node on the loopback interface, in its folder", () => {
  const lines = cassandraYaml(requestOf(cassandra)).split("\n");
  assert.ok(lines.includes('listen_address: "127.0.0.1"'));
  assert.ok(lines.includes('rpc_address: "127.0.0.1"'));
  assert.ok(lines.includes("native_transport_port: 9042"));
  assert.ok(lines.includes("storage_port: 7001"));
  assert.ok(lines.includes('data_file_directories: ["/data of me/data"]'));
  assert.ok(lines.includes("auto_snapshot: false"));
});

Deno.test("cassandra starts with the flags of Java 17 and a URL of its settings", () => {
  const { args } = CATALOGUE.cassandra.plan(requestOf(cassandra));
  assert.ok(args.includes("-Dcassandra.config=file:///config/cassandra.yaml"));
  assert.ok(args.includes("-javaagent:/lib/jamm-0.4.0.jar"));
  assert.equal(args[args.indexOf("java.base/sun.nio.ch=ALL-UNNAMED") - 1], "--add-exports");
  assert.equal(args.at(-1), "org.apache.cassandra.service.CassandraDaemon");
});

Deno.test("registry writes every registration to its file at once", () => {
  const member: Member = { id: "registry", service: "registry", ports: { client: 8081 } };
  const { args } = CATALOGUE.registry.plan(requestOf(member));
  const url = args.find((arg) => arg.startsWith("-Dquarkus.datasource.jdbc.url="));
  assert.match(url ?? "", /=jdbc:h2:file:\/data of me\/registry;WRITE_DELAY=0;/);
  assert.ok(args.includes("-Dquarkus.http.host=127.0.0.1"));
  assert.ok(args.includes("-Dquarkus.http.port=8081"));
});

Deno.test("pomText() lists jars with, and archives without, their dependencies", () => {
  const jars = pomText(CATALOGUE.kafka);
  assert.match(jars, /<artifactId>kafka_2\.13<\/artifactId><version>4\.4\.0<\/version><\/dep/);
  assert.doesNotMatch(jars, /<exclusion>/);
  const archive = pomText(CATALOGUE.registry);
  assert.match(archive, /<type>zip<\/type><classifier>all<\/classifier><exclusions>/);
});

Deno.test("mavenArgs() copies jars and unpacks archives", () => {
  assert.ok(mavenArgs(CATALOGUE.kafka, "/lib").some((arg) => arg.endsWith(":copy-dependencies")));
  const unpack = mavenArgs(CATALOGUE.registry, "/lib");
  assert.ok(unpack.some((arg) => arg.endsWith(":unpack-dependencies")));
  assert.ok(unpack.includes("-DoutputDirectory=/lib"));
});
