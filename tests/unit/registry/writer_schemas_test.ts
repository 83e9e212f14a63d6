import assert from "node:assert/strict";
import { PipelineError } from "../../../src/base/errors.ts";
import { parseSchema } from "../../../src/registry/avro_type.ts";
import { writeFrameHeader } from "../../../src/registry/wire_format.ts";
import { WriterSchemas } from "../../../src/registry/writer_schemas.ts";
import { MemoryRegistry } from "../../support/memory_registry.ts";

const schemaText = '{"type":"record","name":"R","fields":[{"name":"a","type":"long"}]}';
const wider = '{"type":"record","name":"R","fields":[{"name":"a","type":"int"}]}';

/** Writers' schemas over an empty registry and a clock that the test moves; our own id is 0. */
function setUp() {
  const registry = new MemoryRegistry();
  const time = { nowMs: 0 };
  const writers = new WriterSchemas({
    registry,
    schemaText,
    reader: parseSchema(schemaText),
    id: 0,
    clock: {
      nowMs: () => time.nowMs,
      monotonicMs: () => time.nowMs,
      sleep: () => Promise.resolve(),
    },
  });
  return { registry, time, writers };
}

function valueOf(id: number): Uint8Array {
  const bytes = new Uint8Array(6);
  writeFrameHeader(bytes, id);
  return bytes;
}

Deno.test("WriterSchemas.writerOf() knows its own id without asking", async () => {
  const { registry, writers } = setUp();
  await writers.prepare([{ value: valueOf(0) }]);
  assert.equal(writers.writerOf(0).resolver, undefined);
  assert.equal(registry.asked.size, 0);
});

Deno.test("WriterSchemas.prepare() asks once per id and skips what is not framed", async () => {
  const { registry, writers } = setUp();
  await registry.register("s", wider);
  await writers.prepare([
    { value: valueOf(1) },
    { value: valueOf(1) },
    { value: new Uint8Array() },
    { value: Uint8Array.of(9, 9, 9, 9, 9) },
  ]);
  await writers.prepare([{ value: valueOf(1) }]);
  assert.deepEqual([...registry.asked], [[1, 1]]);
  assert.notEqual(writers.writerOf(1).resolver, undefined);
});

Deno.test("WriterSchemas.writerOf() needs no resolver for a schema of the same form", async () => {
  const { registry, writers } = setUp();
  await registry.register("s", schemaText.replace('"R"', '"R","doc":"other words"'));
  await writers.prepare([{ value: valueOf(1) }]);
  assert.equal(writers.writerOf(1).resolver, undefined);
});

Deno.test("WriterSchemas.writerOf() raises SCHEMA_UNKNOWN for an unregistered id", async () => {
  const { writers } = setUp();
  await writers.prepare([{ value: valueOf(1) }]);
  assert.throws(() => writers.writerOf(1), { code: "SCHEMA_UNKNOWN", context: { schemaId: 1 } });
});

Deno.test("WriterSchemas.prepare() asks again for an unknown id after thirty seconds", async () => {
  const { registry, time, writers } = setUp();
  await writers.prepare([{ value: valueOf(1) }]);
  await registry.register("s", wider);
  time.nowMs = 29_999;
  await writers.prepare([{ value: valueOf(1) }]);
  assert.throws(() => writers.writerOf(1), { code: "SCHEMA_UNKNOWN" });
  time.nowMs = 30_000;
  await writers.prepare([{ value: valueOf(1) }]);
  assert.notEqual(writers.writerOf(1).resolver, undefined);
  assert.equal(registry.asked.get(1), 2);
});

Deno.test("WriterSchemas.prepare() passes on that the registry is down, and asks again", async () => {
  const { registry, writers } = setUp();
  await registry.register("s", wider);
  registry.failure = new PipelineError("REGISTRY_UNAVAILABLE", "down");
  await assert.rejects(writers.prepare([{ value: valueOf(1) }]), { code: "REGISTRY_UNAVAILABLE" });
  registry.failure = undefined;
  await writers.prepare([{ value: valueOf(1) }]);
  assert.notEqual(writers.writerOf(1).resolver, undefined);
});

Deno.test("WriterSchemas.prepare() keeps every id of one batch, however many", async () => {
  const { registry, writers } = setUp();
  const ids = Array.from({ length: 1_500 }, (_, i) => i + 1);
  for (const id of ids) registry.texts[id - 1] = wider;
  await writers.prepare(ids.map((id) => ({ value: valueOf(id) })));
  for (const id of ids) assert.notEqual(writers.writerOf(id).resolver, undefined);
});

// Records with ids at random cost a question each, one after the other, as long as they came.
Deno.test("WriterSchemas.prepare() asks for a hundred unknown ids in half a minute at most", async () => {
  const { registry, time, writers } = setUp();
  registry.texts[4_999] = wider;
  await writers.prepare([{ value: valueOf(5_000) }]);
  const ids = Array.from({ length: 1_000 }, (_, i) => i + 1);
  for (const id of ids) await writers.prepare([{ value: valueOf(id) }]);
  assert.equal(registry.asked.size, 1 + 100);
  for (const id of ids) assert.throws(() => writers.writerOf(id), { code: "SCHEMA_UNKNOWN" });
  assert.notEqual(writers.writerOf(5_000).resolver, undefined);
  registry.texts[6_999] = wider;
  time.nowMs = 30_000;
  await writers.prepare([{ value: valueOf(7_000) }]);
  assert.notEqual(writers.writerOf(7_000).resolver, undefined);
});

Deno.test.each([
  { why: "no JSON", text: "{" },
  { why: "a number", text: "7" },
  {
    why: "longer than any schema",
    text: JSON.stringify({ type: "string", doc: "x".repeat(70_000) }),
  },
  {
    why: "nested a thousand times",
    text: `${'{"type":"array","items":'.repeat(1_000)}1${"}".repeat(1_000)}`,
  },
  {
    why: "a record without end",
    text: '{"type":"record","name":"R","fields":[{"name":"a","type":"R"}]}',
  },
])("WriterSchemas cannot use a schema that is $why, and uses the next one", async ({ text }) => {
  const { registry, writers } = setUp();
  registry.texts.push(text, wider);
  await writers.prepare([{ value: valueOf(1) }, { value: valueOf(2) }]);
  assert.throws(() => writers.writerOf(1), { code: "RECORD_MALFORMED" });
  assert.notEqual(writers.writerOf(2).resolver, undefined);
});
