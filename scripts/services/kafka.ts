import { join } from "node:path";
import { pathToFileURL } from "node:url";
import { QUICK_START } from "./java.ts";
import type { LaunchPlan, LaunchRequest, Member, ServiceDefinition } from "./definition.ts";

/** The current release, and the older ones that the tests are run on, too. */
export const kafkaVersions = { current: "4.4.0", older: ["4.1.0", "3.9.1"] } as const;

/** Kafka in KRaft mode: every member is broker and controller, on the loopback interface only. */
export function kafkaOf(version: string): ServiceDefinition {
  return {
    name: "kafka",
    version,
    artifacts: [
      { group: "org.apache.kafka", name: "kafka_2.13", version },
      { group: "org.apache.logging.log4j", name: "log4j-slf4j-impl", version: "2.25.1" },
    ],
    downloadMegabytes: 45,
    java: { min: 17 },
    ports: { client: 9092, controller: undefined },
    startTimeoutMs: 120_000,
    plan: planKafka,
  };
}

function planKafka(request: LaunchRequest): LaunchPlan {
  const file = join(request.paths.config, "server.properties");
  const logging = join(request.paths.config, "log4j2.properties");
  const java = [
    `-Xmx${request.heap}`,
    "-Xms128m",
    `-Dlog4j2.configurationFile=${pathToFileURL(logging).href}`,
    "-cp",
    join(request.paths.lib, "*"),
  ];
  const format = ["format", "-t", request.clusterId, "-c", file, "--ignore-formatted"];
  return {
    files: { [file]: serverProperties(request), [logging]: LOGGING },
    prepare: [...QUICK_START, ...java, "kafka.tools.StorageTool", ...format],
    args: [...request.quickStart ? QUICK_START : [], ...java, "kafka.Kafka", file],
  };
}

/** Text of `server.properties` for one member. */
export function serverProperties(request: LaunchRequest): string {
  const lines = Object.entries({
    ...addressSettings(request.member, request.peers),
    ...replicationSettings(request.peers.length),
    ...smallSettings,
    "log.dirs": join(request.paths.data, "log"),
  });
  return lines.map(([name, value]) => `${name}=${value}\n`).join("");
}

function addressSettings(member: Member, peers: readonly Member[]): Record<string, string> {
  const client = `CLIENT://127.0.0.1:${member.ports["client"]}`;
  return {
    "process.roles": "broker,controller",
    "node.id": String(nodeId(member)),
    "controller.quorum.voters": peers
      .map((peer) => `${nodeId(peer)}@127.0.0.1:${peer.ports["controller"]}`)
      .join(","),
    "listeners": `${client},CONTROLLER://127.0.0.1:${member.ports["controller"]}`,
    "advertised.listeners": client,
    "listener.security.protocol.map": "CLIENT:PLAINTEXT,CONTROLLER:PLAINTEXT",
    "inter.broker.listener.name": "CLIENT",
    "controller.listener.names": "CONTROLLER",
  };
}

function nodeId(member: Member): number {
  return Number(member.id.split("-").at(-1));
}

/** Three copies where there are three brokers; two of them must then have a record. */
function replicationSettings(brokers: number): Record<string, string> {
  const copies = String(Math.min(3, brokers));
  const inSync = brokers >= 3 ? "2" : "1";
  return {
    "default.replication.factor": copies,
    "min.insync.replicas": inSync,
    "offsets.topic.replication.factor": copies,
    "transaction.state.log.replication.factor": copies,
    "transaction.state.log.min.isr": inSync,
    "share.coordinator.state.topic.replication.factor": copies,
    "share.coordinator.state.topic.min.isr": inSync,
  };
}

/**
 * A laptop's Kafka: quick groups, few internal partitions, no topic by accident.
 *
 * A broker that was killed is let in again only when its old session has ended: 5 s instead of 9.
 */
const smallSettings: Readonly<Record<string, string>> = {
  "auto.create.topics.enable": "false",
  "group.initial.rebalance.delay.ms": "0",
  "broker.session.timeout.ms": "5000",
  "broker.heartbeat.interval.ms": "1000",
  "offsets.topic.num.partitions": "10",
  "transaction.state.log.num.partitions": "10",
  "log.cleaner.dedupe.buffer.size": "16777216",
  "num.network.threads": "2",
  "num.io.threads": "4",
};

/** One line per event; the lists of all settings, four per start, are left out. */
const LOGGING = `appender.console.type=Console
appender.console.name=CONSOLE
appender.console.layout.type=PatternLayout
appender.console.layout.pattern=%d{ISO8601} %p %m (%c{1})%n
rootLogger.level=INFO
rootLogger.appenderRef.console.ref=CONSOLE
logger.config.name=org.apache.kafka.common.config.AbstractConfig
logger.config.level=WARN
logger.logconfig.name=org.apache.kafka.common.config.logConfig
logger.logconfig.level=WARN
`;
