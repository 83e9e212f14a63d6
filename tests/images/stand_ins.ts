import { join } from "node:path";
import { assert } from "../../src/base/assert.ts";
import { cassandra } from "../../scripts/services/cassandra.ts";
import type { LaunchPlan, ServiceDefinition } from "../../scripts/services/definition.ts";
import { kafkaOf, kafkaVersions } from "../../scripts/services/kafka.ts";
import { APICURIO_PATH, registry } from "../../scripts/services/registry.ts";
import type { ComposeService } from "../support/compose_file.ts";
import { kafkaProperties } from "../support/compose_kafka.ts";
import type { StandIn } from "./composed.ts";
import type { Mount } from "./container.ts";

/** The services whose jars stand in for an image, by the image's name. */
export const jarServices: Readonly<Record<string, ServiceDefinition>> = {
  "apache/kafka": kafkaOf(kafkaVersions.current),
  cassandra,
  "confluentinc/cp-schema-registry": registry,
};

/** Folders of the containers. */
const [java, lib, own] = ["/opt/java", "/opt/lib", "/opt/stand-in"] as const;

/** Where the build keeps the jars of a service. */
export function jarsFolder({ name, version }: ServiceDefinition, built: string): string {
  return join(built, `${name}-${version}`);
}

/**
 * What runs in the container of a service whose image is another's: the service from its jars, with
 * what the image's entry point makes of the variables.
 *
 * @param built Folder of the build.
 */
export async function standIn(
  service: ComposeService,
  { address, folder }: { readonly address: string; readonly folder: string },
  built: string,
): Promise<StandIn | undefined> {
  const image = service.image.replace(/:.*/, "");
  const definition = jarServices[image];
  if (definition === undefined) return undefined;
  const place = join(folder, "stand-in");
  await Deno.mkdir(place);
  const { files, script } = plans[image as keyof typeof plans](service, address);
  for (const [name, text] of Object.entries(files)) {
    await Deno.writeTextFile(join(place, name), text);
  }
  const mounts: readonly Mount[] = [
    { source: join(built, "java"), target: java, isReadOnly: true },
    { source: jarsFolder(definition, built), target: lib, isReadOnly: true },
    { source: place, target: own, isReadOnly: true },
    {
      source: join(import.meta.dirname ?? "", "fixtures"),
      target: "/opt/fixtures",
      isReadOnly: true,
    },
  ];
  return { command: ["/bin/sh", "-c", script], mounts };
}

interface Plan {
  /** In `own`, by name. */
  readonly files: Readonly<Record<string, string>>;
  readonly script: string;
}

const plans = {
  "apache/kafka"(service: ComposeService): Plan {
    const properties = `${own}/server.properties`;
    const kafka = `${java}/bin/java $KAFKA_HEAP_OPTS $KAFKA_OPTS -cp '${lib}/*'`;
    const format = `kafka.tools.StorageTool format -t $CLUSTER_ID -c ${properties}`;
    return {
      files: { "server.properties": kafkaProperties(service) },
      script: `${kafka} ${format} --ignore-formatted && exec ${kafka} kafka.Kafka ${properties}`,
    };
  },

  cassandra(service: ComposeService, address: string): Plan {
    const { MAX_HEAP_SIZE, CASSANDRA_CLUSTER_NAME } = service.environment ?? {};
    const member = {
      id: "cassandra",
      service: "cassandra",
      ports: { client: 9042, storage: 7000 },
    };
    const plan: LaunchPlan = cassandra.plan({
      member: { ...member, service: "cassandra" },
      peers: [],
      paths: { lib, config: own, data: "/var/lib/cassandra" },
      heap: String(MAX_HEAP_SIZE),
      clusterId: "",
    });
    const entries = Object.entries(plan.files)
      .map(([path, text]): [string, string] => [path.slice(own.length + 1), text]);
    const files = Object.fromEntries(entries);
    // As the image has them: its own way to sync, and what its entry point writes.
    const image = {
      cluster_name: CASSANDRA_CLUSTER_NAME,
      listen_address: address,
      broadcast_rpc_address: address,
      rpc_address: "0.0.0.0",
      seed_provider: [{
        class_name: "org.apache.cassandra.locator.SimpleSeedProvider",
        parameters: [{ seeds: `${address}:7000` }],
      }],
      commitlog_sync: "periodic",
      commitlog_sync_period: "10000ms",
    };
    const yaml = files["cassandra.yaml"];
    assert(yaml !== undefined, "Cassandra has a settings file");
    const kept = yaml.split("\n").filter((line) => !line.startsWith("commitlog_sync"));
    const lines = Object.entries(image).map(([key, value]) => `${key}: ${JSON.stringify(value)}`);
    const args = plan.args.map((arg) => `'${arg}'`).join(" ");
    return {
      files: { ...files, "cassandra.yaml": [...kept, ...lines, ""].join("\n") },
      script: `exec ${java}/bin/java $JVM_EXTRA_OPTS ${args}`,
    };
  },

  "confluentinc/cp-schema-registry"(): Plan {
    const plan = registry.plan({
      member: { id: "registry", service: "registry", ports: { client: 8080 } },
      peers: [],
      paths: { lib, config: own, data: "/tmp" },
      heap: "256m",
      clusterId: "",
    });
    const args = plan.args.map((arg) => `'${arg}'`).join(" ");
    const path = `/opt/fixtures/registry_path.ts 8081 http://127.0.0.1:8080${APICURIO_PATH}`;
    return {
      files: {},
      script: `${java}/bin/java ${args} & exec deno run --allow-net ${path}`,
    };
  },
};
