/** Avro of any writer, and schemas of any registry. */
import assert from "node:assert/strict";
import { Buffer } from "node:buffer";
import { PipelineError } from "../../src/base/errors.ts";
import type { Random } from "../../src/base/random.ts";
import { parseSchema } from "../../src/registry/avro_type.ts";
import { tradeSchemaText } from "../../src/registry/schemas.ts";
import { HttpSchemaRegistry, type RawAnswer } from "../../src/registry/registry_client.ts";
import type { AvroTradeCodec } from "../../src/registry/trade_codec.ts";
import { writeFrameHeader } from "../../src/registry/wire_format.ts";
import { WriterSchemas } from "../../src/registry/writer_schemas.ts";
import { SimulatedClock } from "../../src/streams/testing/simulated_clock.ts";
import {
  below,
  everyInputIsSurvived,
  mutatedBytes,
  mutatedJson,
  mutatedText,
  pick,
} from "../support/fuzz.ts";
import { JumpingClock } from "../support/jumping_clock.ts";
import { MemoryRegistry } from "../support/memory_registry.ts";
import { memoryTradeCodec, tradeWith } from "../support/trade_codecs.ts";

const schemas: readonly string[] = [
  tradeSchemaText,
  tradeSchemaText.replace('"long"', '"int"'),
  tradeSchemaText.replace('"type":"record"', '"type":"record","doc":"other words"'),
  tradeSchemaText.replace(
    '"fields":[',
    '"fields":[{"name":"n","type":{"type":"array","items":"null"}},',
  ),
  '{"type":"record","name":"R","fields":[{"name":"next","type":["null","R"]}]}',
];
const { codec: writer } = await memoryTradeCodec();
const good = [tradeWith()];
const goodValue = writer.encode(good).slice();

/** A codec that knows all these writers. */
async function readingCodec(): Promise<AvroTradeCodec> {
  const { codec, registry } = await memoryTradeCodec();
  registry.texts.push(...schemas.slice(1));
  await codec.prepare(schemas.map((_, index) => {
    const value = new Uint8Array(9);
    writeFrameHeader(value, index + 1);
    return { value };
  }));
  return codec;
}
const reading = await readingCodec();

everyInputIsSurvived<Uint8Array>({
  name: "Avro of any writer",
  together: 10_000,
  draw(random) {
    const value = writer.encode([tradeWith(), tradeWith({ conditions: ["1", null] })]).slice();
    writeFrameHeader(value, 1 + below(schemas.length + 1, random));
    return mutatedBytes(value, random);
  },
  take(inputs) {
    for (const bytes of inputs) {
      assertRefusal(() => reading.decode(bytes), ["RECORD_MALFORMED", "SCHEMA_UNKNOWN"]);
      assert.deepEqual(reading.decode(goodValue), good);
    }
  },
  show: (bytes) => Buffer.from(bytes).toString("hex"),
});

const ownSchema = '{"type":"record","name":"R","fields":[{"name":"a","type":"long"}]}';
const written: readonly string[] = [
  '{"type":"record","name":"R","fields":[{"name":"a","type":"int"}]}',
  '{"type":"record","name":"R","fields":[{"name":"b","type":["null","R"],"aliases":["a"]}]}',
  '{"type":"record","name":"R","fields":[{"name":"a","type":{"type":"array","items":"null"}}]}',
  '["null",{"type":"enum","name":"E","symbols":["A"]},{"type":"fixed","name":"F","size":3}]',
  '{"type":"map","values":"bytes","logicalType":"decimal"}',
];

everyInputIsSurvived<string>({
  name: "schemas of the registry",
  together: 500,
  draw: drawSchema,
  take: takeSchemas,
  show: (text) => JSON.stringify(text),
});

function drawSchema(random: Random): string {
  const text = mutatedText(pick(written, random), random);
  return random.next() < 0.1 ? text.replaceAll(/"(long|int|bytes)"/g, pick(written, random)) : text;
}

async function takeSchemas(inputs: readonly string[]): Promise<void> {
  const registry = new MemoryRegistry();
  const writers = new WriterSchemas({
    registry,
    schemaText: ownSchema,
    reader: parseSchema(ownSchema),
    id: 0,
    clock: new JumpingClock(),
  });
  registry.texts.push(...inputs.flatMap((text) => [text, written[0] as string]));
  for (let id = 1; id <= registry.texts.length; id += 2) {
    await writers.prepare([valueOf(id), valueOf(id + 1)]);
    assertRefusal(() => writers.writerOf(id), ["RECORD_MALFORMED"]);
    assert.notEqual(writers.writerOf(id + 1).resolver, undefined);
  }
}

const answers: readonly unknown[] = [
  { id: 7 },
  { schema: ownSchema },
  { error_code: 40403, message: "Schema 7 not found" },
  { error_code: 409, message: "incompatible" },
];
const statuses = [200, 200, 200, 201, 302, 400, 401, 403, 404, 409, 429, 500, 503, 599];
const places = ["", "/", "http://[", "//", "http://other:1/x", "javascript:alert(1)", "é", "x:y"];

everyInputIsSurvived<RawAnswer>({
  name: "answers of the registry",
  together: 1_000,
  draw: drawAnswer,
  take: takeAnswers,
  show: (answer) => JSON.stringify(answer),
});

function drawAnswer(random: Random): RawAnswer {
  const text = JSON.stringify(mutatedJson(pick(answers, random), random));
  return {
    status: pick(statuses, random),
    text: random.next() < 0.3 ? mutatedText(text, random) : text,
    location: random.next() < 0.8 ? null : pick(places, random),
  };
}

async function takeAnswers(inputs: readonly RawAnswer[]): Promise<void> {
  let told: RawAnswer = { status: 200, text: "", location: null };
  const registry = new HttpSchemaRegistry({
    url: "http://registry:8081",
    clock: new SimulatedClock(),
    send: () => Promise.resolve(told),
  });
  const codes = ["SCHEMA_UNKNOWN", "REGISTRY_REFUSED", "REGISTRY_UNAVAILABLE"];
  for (const [index, answer] of inputs.entries()) {
    told = answer;
    await assertNamed(registry.schemaById(index), codes);
    await assertNamed(registry.register(`s${index}`, ownSchema), codes);
    told = { status: 200, text: JSON.stringify({ schema: ownSchema, id: 7 }), location: null };
    assert.equal(await registry.schemaById(-1 - index), ownSchema);
    assert.equal(await registry.register(`good${index}`, ownSchema), 7);
  }
}

/** Known by its code, in words of a bounded length, or fulfilled. */
async function assertNamed(asked: Promise<unknown>, codes: readonly string[]): Promise<void> {
  const error = await asked.then(() => undefined, (error) => error);
  if (error === undefined) return;
  if (!(error instanceof PipelineError && codes.includes(error.code))) throw error;
  assert.ok(error.message.length < 1_000, error.message);
}

function valueOf(id: number): { readonly value: Uint8Array } {
  const value = new Uint8Array(6);
  writeFrameHeader(value, id);
  return { value };
}

function assertRefusal(work: () => unknown, codes: readonly string[]): void {
  try {
    work();
  } catch (error) {
    if (!(error instanceof PipelineError && codes.includes(error.code))) throw error;
  }
}
