import { cassandra } from "./cassandra.ts";
import type { ServiceDefinition, ServiceName } from "./definition.ts";
import { kafka } from "./kafka.ts";
import { registry } from "./registry.ts";

/** Every service by its name. */
export const CATALOGUE: Readonly<Record<ServiceName, ServiceDefinition>> = {
  kafka,
  registry,
  cassandra,
};
