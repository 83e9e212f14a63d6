import assert from "node:assert/strict";
import { HttpSchemaRegistry } from "../../src/registry/registry_client.ts";
import { tradeSchemaText } from "../../src/registry/schemas.ts";
import { schemaRegistryContract } from "../contract/schema_registry.ts";
import fastavro from "../golden/trade_by_fastavro.json" with { type: "json" };

const url = readVariable("SCHEMA_REGISTRY_URL");
const required = readVariable("REQUIRE_SERVICES") === "1";

function readVariable(variable: string): string | undefined {
  const { state } = Deno.permissions.querySync({ name: "env", variable });
  return state === "granted" ? Deno.env.get(variable) : undefined;
}

Deno.test({ name: "SCHEMA_REGISTRY_URL names a registry", ignore: !required }, () => {
  assert.notEqual(url, undefined);
});

schemaRegistryContract(
  "HttpSchemaRegistry",
  () => ({
    registry: new HttpSchemaRegistry({ url: url ?? "" }),
    prefix: `contract-${crypto.randomUUID()}`,
  }),
  { ignore: url === undefined },
);

function open(): HttpSchemaRegistry {
  return new HttpSchemaRegistry({ url: url ?? "" });
}

Deno.test({
  name: "HttpSchemaRegistry gives programs that start at the same moment one id",
  ignore: url === undefined,
  async fn() {
    const subject = `contract-${crypto.randomUUID()}-value`;
    const programs = Array.from({ length: 8 }, open);
    const ids = await Promise.all(programs.map((one) => one.register(subject, tradeSchemaText)));
    assert.equal(new Set(ids).size, 1);
  },
});

Deno.test({
  name:
    "trade.avsc is fully compatible with the original's schema, and the registry refuses what is not",
  ignore: url === undefined,
  async fn() {
    const subject = `contract-${crypto.randomUUID()}-value`;
    const registry = open();
    await registry.register(subject, JSON.stringify(fastavro.seedSchema));
    const set = await fetch(`${url}/config/${subject}`, {
      method: "PUT",
      headers: { "content-type": "application/vnd.schemaregistry.v1+json" },
      body: JSON.stringify({ compatibility: "FULL_TRANSITIVE" }),
    });
    assert.equal(set.status, 200, await set.text());
    await registry.register(subject, tradeSchemaText);
    await assert.rejects(registry.register(subject, tradeSchemaText.replace('"p"', '"price"')), {
      code: "REGISTRY_REFUSED",
    });
  },
});
