import type { RegistryConfig } from "../app/registry_settings.ts";
import type { Clock } from "../base/clock.ts";
import { HttpSchemaRegistry } from "../registry/registry_client.ts";
import type { SchemaRegistry } from "../registry/ports.ts";
import type { Authorities } from "./authorities.ts";

/** The registry of the settings; nothing is asked yet. */
export function schemaRegistry(
  { registryUrl: url, registryUsername: user, registryPassword: password }: RegistryConfig,
  { registry }: Authorities,
  clock: Clock,
): SchemaRegistry {
  return new HttpSchemaRegistry({
    url,
    ...user === undefined || password === undefined ? {} : { credentials: { user, password } },
    ...registry === undefined ? {} : { authorities: registry },
    clock,
  });
}
