import { join } from "node:path";
import { pathToFileURL } from "node:url";
import type { LaunchPlan, LaunchRequest, ServiceDefinition } from "./definition.ts";
import { CASSANDRA_JAVA_FLAGS } from "./cassandra_java.ts";
import { QUICK_START } from "./java.ts";

const VERSION = "5.0.8";

/** What a single node with `SimpleSnitch` calls its data centre. */
export const CASSANDRA_DATACENTER = "datacenter1";

/** One small Cassandra node on the loopback interface. */
export const cassandra: ServiceDefinition = {
  name: "cassandra",
  version: VERSION,
  artifacts: [{ group: "org.apache.cassandra", name: "cassandra-all", version: VERSION }],
  downloadMegabytes: 66,
  java: { min: 17, max: 17 },
  ports: { client: 9042, storage: undefined },
  startTimeoutMs: 240_000,
  plan: planCassandra,
};

function planCassandra(request: LaunchRequest): LaunchPlan {
  const { paths, heap, quickStart } = request;
  const yaml = join(paths.config, "cassandra.yaml");
  const logback = join(paths.config, "logback.xml");
  return {
    files: { [yaml]: cassandraYaml(request), [logback]: LOGBACK },
    args: [
      ...quickStart ? QUICK_START : [],
      `-Xmx${heap}`,
      "-Xms128m",
      ...CASSANDRA_JAVA_FLAGS,
      `-javaagent:${join(paths.lib, "jamm-0.4.0.jar")}`,
      `-Dcassandra.config=${pathToFileURL(yaml).href}`,
      `-Dcassandra.storagedir=${paths.data}`,
      `-Dlogback.configurationFile=${logback}`,
      "-cp",
      join(paths.lib, "*"),
      "org.apache.cassandra.service.CassandraDaemon",
    ],
  };
}

/** Text of `cassandra.yaml`: durable as in production, caches and buffers as small as they go. */
export function cassandraYaml({ member, paths }: LaunchRequest): string {
  const lines = Object.entries({
    ...addressSettings(member.ports["client"], member.ports["storage"]),
    ...folderSettings(paths.data),
    ...smallSettings,
  });
  return lines.map(([name, value]) => `${name}: ${JSON.stringify(value)}\n`).join("");
}

function addressSettings(client?: number, storage?: number): Record<string, unknown> {
  return {
    cluster_name: "market services",
    listen_address: "127.0.0.1",
    storage_port: storage,
    rpc_address: "127.0.0.1",
    native_transport_port: client,
    endpoint_snitch: "SimpleSnitch",
    seed_provider: [{
      class_name: "org.apache.cassandra.locator.SimpleSeedProvider",
      parameters: [{ seeds: `127.0.0.1:${storage}` }],
    }],
  };
}

function folderSettings(data: string): Record<string, unknown> {
  return {
    data_file_directories: [join(data, "data")],
    commitlog_directory: join(data, "commitlog"),
    saved_caches_directory: join(data, "saved_caches"),
    hints_directory: join(data, "hints"),
    cdc_raw_directory: join(data, "cdc_raw"),
  };
}

const smallSettings: Readonly<Record<string, unknown>> = {
  num_tokens: 1,
  partitioner: "org.apache.cassandra.dht.Murmur3Partitioner",
  // A kill takes what was acknowledged and not yet synced; here every write waits for it.
  commitlog_sync: "group",
  commitlog_sync_group_window: "5ms",
  commitlog_segment_size: "16MiB",
  commitlog_total_space: "256MiB",
  memtable_heap_space: "128MiB",
  memtable_offheap_space: "128MiB",
  file_cache_size: "64MiB",
  networking_cache_size: "32MiB",
  key_cache_size: "16MiB",
  row_cache_size: "0MiB",
  counter_cache_size: "0MiB",
  concurrent_compactors: 1,
  auto_snapshot: false,
};

const LOGBACK = `<configuration>
  <appender name="STDOUT" class="ch.qos.logback.core.ConsoleAppender">
    <encoder><pattern>%-5level %date{ISO8601} %logger{20} - %msg%n</pattern></encoder>
  </appender>
  <root level="INFO"><appender-ref ref="STDOUT"/></root>
</configuration>
`;
