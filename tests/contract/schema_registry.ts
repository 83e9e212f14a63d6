/** What every schema registry must do; run over each of them. */
import assert from "node:assert/strict";
import type { SchemaRegistry } from "../../src/registry/ports.ts";

/** A registry, and a subject prefix that no earlier run has used. */
export interface RegistryUnderTest extends Partial<AsyncDisposable> {
  readonly registry: SchemaRegistry;
  readonly prefix: string;
}

type Case = (test: RegistryUnderTest) => Promise<void>;

/** An id that no registry of a test has given out. */
const unusedId = 2_000_000_001;

function recordSchema(name: string, fields: readonly string[] = []): string {
  const optional = fields.map((field) => ({ name: field, type: ["null", "long"], default: null }));
  const schema = { type: "record", name, fields: [{ name: "a", type: "string" }, ...optional] };
  return JSON.stringify(schema);
}

const cases: Readonly<Record<string, Case>> = {
  async "gives the same text under the same subject the same id"({ registry, prefix }) {
    const id = await registry.register(`${prefix}-same`, recordSchema("Same"));
    assert.equal(await registry.register(`${prefix}-same`, recordSchema("Same")), id);
    assert.ok(Number.isInteger(id) && id >= 0 && id < 2 ** 31, `id ${id}`);
  },

  async "reads a schema back by its id"({ registry, prefix }) {
    const id = await registry.register(`${prefix}-back`, recordSchema("Back"));
    assert.deepEqual(
      JSON.parse(await registry.schemaById(id)),
      JSON.parse(recordSchema("Back")),
    );
  },

  async "gives another version another id, and keeps both"({ registry, prefix }) {
    const subject = `${prefix}-versions`;
    const texts = [recordSchema("Versions"), recordSchema("Versions", ["b"])];
    const ids = await Promise.all(texts.map((text) => registry.register(subject, text)));
    assert.notEqual(ids[0], ids[1]);
    const read = await Promise.all(ids.map((id) => registry.schemaById(id)));
    assert.deepEqual(read.map((text) => JSON.parse(text)), texts.map((text) => JSON.parse(text)));
  },

  async "registers one schema under two subjects"({ registry, prefix }) {
    for (const subject of [`${prefix}-one`, `${prefix}-two`]) {
      const id = await registry.register(subject, recordSchema("Shared"));
      assert.deepEqual(
        JSON.parse(await registry.schemaById(id)),
        JSON.parse(recordSchema("Shared")),
      );
    }
  },

  async "takes subjects with characters that mean something in a URL"({ registry, prefix }) {
    const subject = `${prefix} a&b=c?d#e%20`;
    const id = await registry.register(subject, recordSchema("Odd"));
    assert.equal(await registry.register(subject, recordSchema("Odd")), id);
  },

  async "raises SCHEMA_UNKNOWN for an id without a schema"({ registry }) {
    await assert.rejects(registry.schemaById(unusedId), { code: "SCHEMA_UNKNOWN" });
  },

  async "raises REGISTRY_REFUSED for a text that is no schema"({ registry, prefix }) {
    await assert.rejects(registry.register(`${prefix}-broken`, "{"), { code: "REGISTRY_REFUSED" });
  },
};

/** Runs the suite over one registry; `ignore` when it cannot be reached from here. */
export function schemaRegistryContract(
  name: string,
  open: () => RegistryUnderTest | Promise<RegistryUnderTest>,
  { ignore = false }: { readonly ignore?: boolean } = {},
): void {
  for (const [criterion, run] of Object.entries(cases)) {
    Deno.test({
      name: `${name} ${criterion}`,
      ignore,
      async fn() {
        const test = await open();
        await run(test);
        await test[Symbol.asyncDispose]?.();
      },
    });
  }
}
