import { cassandra } from "./cassandra.ts";
import type { ServiceDefinition, ServiceName } from "./definition.ts";
import { kafkaOf, kafkaVersions } from "./kafka.ts";
import { registry } from "./registry.ts";

/** Every service by its name, in the versions that are used unless another one is asked for. */
export const CATALOGUE: Readonly<Record<ServiceName, ServiceDefinition>> = {
  kafka: kafkaOf(kafkaVersions.current),
  registry,
  cassandra,
};

/** A service in the version that is asked for. */
export function definitionOf(
  service: ServiceName,
  { kafkaVersion }: { readonly kafkaVersion: string },
): ServiceDefinition {
  return service === "kafka" ? kafkaOf(kafkaVersion) : CATALOGUE[service];
}
