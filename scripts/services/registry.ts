import { join } from "node:path";
import { QUICK_START } from "./java.ts";
import type { LaunchPlan, LaunchRequest, ServiceDefinition } from "./definition.ts";

const VERSION = "2.6.13.Final";

/** Path under which Apicurio speaks the Confluent-compatible protocol. */
export const APICURIO_PATH = "/apis/ccompat/v7";

/**
 * Apicurio Registry on an embedded database file.
 *
 * The in-memory default would hand out the same schema ids again after a restart, while records
 * with the old ids are still in Kafka.
 */
export const registry: ServiceDefinition = {
  name: "registry",
  version: VERSION,
  artifacts: [{
    group: "io.apicurio",
    name: "apicurio-registry-app",
    version: VERSION,
    archive: { type: "zip", classifier: "all" },
  }],
  downloadMegabytes: 136,
  java: { min: 17 },
  ports: { client: 8081 },
  startTimeoutMs: 180_000,
  plan: planRegistry,
};

function planRegistry({ member, paths, heap }: LaunchRequest): LaunchPlan {
  return {
    files: {},
    args: [
      `-Xmx${heap}`,
      ...QUICK_START,
      "-Dquarkus.http.host=127.0.0.1",
      `-Dquarkus.http.port=${member.ports["client"]}`,
      `-Dquarkus.datasource.jdbc.url=${databaseUrl(paths.data)}`,
      "-Dquarkus.datasource.jdbc.initial-size=2",
      "-Dquarkus.datasource.jdbc.min-size=2",
      // On a busy machine opening the file takes longer than the usual five seconds.
      "-Dquarkus.datasource.jdbc.acquisition-timeout=60",
      "-jar",
      join(paths.lib, `apicurio-registry-app-${VERSION}-runner.jar`),
    ],
  };
}

/** Every registration is on disk before it is answered: no write delay. */
function databaseUrl(data: string): string {
  return `jdbc:h2:file:${join(data, "registry")};WRITE_DELAY=0;DB_CLOSE_ON_EXIT=FALSE`;
}
