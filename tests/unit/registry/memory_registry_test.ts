import { schemaRegistryContract } from "../../contract/schema_registry.ts";
import { MemoryRegistry } from "../../support/memory_registry.ts";

schemaRegistryContract("MemoryRegistry", () => ({
  registry: new MemoryRegistry(),
  prefix: "test",
}));
