/** Avro of any writer, and schemas of any registry. */
import assert from "node:assert/strict";
import { Buffer } from "node:buffer";
import { PipelineError } from "../../src/base/errors.ts";
import type { Random } from "../../src/base/random.ts";
import { parseSchema } from "../../src/registry/avro_type.ts";
import { tradeSchemaText } from "../../src/registry/schemas.ts";
import type { AvroTradeCodec } from "../../src/registry/trade_codec.ts";
import { writeFrameHeader } from "../../src/registry/wire_format.ts";
import { WriterSchemas } from "../../src/registry/writer_schemas.ts";
import { below, everyInputIsSurvived, mutatedBytes, mutatedText, pick } from "../support/fuzz.ts";
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
