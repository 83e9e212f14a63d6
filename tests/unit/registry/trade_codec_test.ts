import assert from "node:assert/strict";
import { PipelineError } from "../../../src/base/errors.ts";
import { AvroTradeCodec } from "../../../src/registry/trade_codec.ts";
import { parseSchema } from "../../../src/registry/avro_type.ts";
import { tradeSchemaText } from "../../../src/registry/schemas.ts";
import { writeFrameHeader } from "../../../src/registry/wire_format.ts";
import { MemoryRegistry } from "../../support/memory_registry.ts";
import { memoryTradeCodec, tradeWith } from "../../support/trade_codecs.ts";

/** A value as another writer makes it. */
function written(schemaText: string, id: number, value: unknown): Uint8Array {
  const body = parseSchema(schemaText).toBuffer(value);
  const bytes = new Uint8Array(5 + body.length);
  writeFrameHeader(bytes, id);
  bytes.set(body, 5);
  return bytes;
}

interface JsonField {
  readonly name: string;
  readonly [attribute: string]: unknown;
}

/** Our schema with the fields of its inner record replaced. */
function evolvedSchema(change: (fields: readonly JsonField[]) => readonly JsonField[]): string {
  const schema = JSON.parse(tradeSchemaText);
  const trade = schema.fields[0].type.items;
  trade.fields = change(trade.fields);
  return JSON.stringify(schema);
}

const seedTrade = { c: ["1"], p: 259.81, s: "AAPL", t: 1_700_000_000_000, v: 10 };

Deno.test("AvroTradeCodec.create() registers under <topic>-value and the extra subject", async () => {
  const registry = new MemoryRegistry();
  await AvroTradeCodec.create({ registry, topic: "trade1", subjectAlso: "trade_schema" });
  assert.deepEqual([...registry.subjects.keys()].toSorted(), ["trade1-value", "trade_schema"]);
});

Deno.test("AvroTradeCodec.create() says when the registry refuses", async () => {
  const registry = new MemoryRegistry();
  registry.failure = new PipelineError("REGISTRY_REFUSED", "incompatible");
  await assert.rejects(AvroTradeCodec.create({ registry, topic: "t" }), {
    code: "REGISTRY_REFUSED",
  });
});

Deno.test("AvroTradeCodec.decode() gives back what encode() took, without prepare()", async () => {
  const { codec } = await memoryTradeCodec();
  const trades = [
    tradeWith(),
    tradeWith({ conditions: null, volume: 0 }),
    tradeWith({ conditions: [], symbol: "IC MARKETS:1", price: -37.63 }),
    tradeWith({ conditions: ["1", null, "12"], eventTimeMs: 0 }),
  ];
  assert.deepEqual(codec.decode(codec.encode(trades)), trades);
});

Deno.test("AvroTradeCodec.encode() gives bytes that a later encode() leaves alone", async () => {
  const { codec } = await memoryTradeCodec();
  const first = codec.encode([tradeWith()]);
  const copy = first.slice();
  codec.encode([tradeWith({ symbol: "MSFT", price: 1 })]);
  assert.deepEqual(first, copy);
});

Deno.test("AvroTradeCodec.encode() takes records larger than its buffer", async () => {
  const { codec } = await memoryTradeCodec();
  const trades = Array.from({ length: 20_000 }, (_, i) => tradeWith({ price: i }));
  assert.deepEqual(codec.decode(codec.encode(trades)), trades);
  assert.deepEqual(codec.decode(codec.encode([tradeWith()])), [tradeWith()]);
});

Deno.test("AvroTradeCodec.decode() reads a view into a larger buffer", async () => {
  const { codec } = await memoryTradeCodec();
  const bytes = codec.encode([tradeWith()]);
  const larger = new Uint8Array(bytes.length + 20).fill(0xee);
  larger.set(bytes, 10);
  assert.deepEqual(codec.decode(larger.subarray(10, 10 + bytes.length)), [tradeWith()]);
});

Deno.test("AvroTradeCodec.decode() reads a schema with an added field", async () => {
  const { codec, registry } = await memoryTradeCodec();
  const text = evolvedSchema((fields) => [
    ...fields.slice(0, 2),
    { name: "venue", type: ["null", "string"], default: null },
    ...fields.slice(2),
  ]);
  const id = await registry.register("trade1-value", text);
  const frame = { data: [{ ...seedTrade, venue: "IEX" }, { ...seedTrade, venue: null }] };
  const value = written(text, id, { ...frame, type: "trade" });
  await codec.prepare([{ value: value }, { value: value }]);
  assert.deepEqual(codec.decode(value), [tradeWith(), tradeWith()]);
  assert.equal(registry.asked.get(id), 1);
});

Deno.test("AvroTradeCodec.decode() raises RECORD_MALFORMED for a schema without a price", async () => {
  const { codec, registry } = await memoryTradeCodec();
  const text = evolvedSchema((fields) => fields.filter(({ name }) => name !== "p"));
  const id = await registry.register("trade1-value", text);
  const { p: _, ...rest } = seedTrade;
  const value = written(text, id, { data: [rest], type: "trade" });
  await codec.prepare([{ value: value }]);
  assert.throws(() => codec.decode(value), {
    code: "RECORD_MALFORMED",
    message: `Cannot decode value as its schema ${id} must be readable as FinnhubProducer.message`,
  });
});

Deno.test("AvroTradeCodec.decode() raises RECORD_MALFORMED for frames of another type", async () => {
  const { codec } = await memoryTradeCodec();
  const ping = written(tradeSchemaText, 1, { data: [], type: "ping" });
  assert.throws(() => codec.decode(ping), {
    code: "RECORD_MALFORMED",
    message: 'Cannot decode trades as type must be "trade": "ping"',
  });
});

Deno.test("AvroTradeCodec.decode() raises RECORD_MALFORMED for bytes behind the value", async () => {
  const { codec } = await memoryTradeCodec();
  const bytes = codec.encode([tradeWith()]);
  const longer = new Uint8Array([...bytes, 0]);
  assert.throws(() => codec.decode(longer), { code: "RECORD_MALFORMED" });
});

Deno.test("AvroTradeCodec.decode() raises RECORD_MALFORMED for every value cut short", async () => {
  const { codec } = await memoryTradeCodec();
  const bytes = codec.encode([tradeWith(), tradeWith({ conditions: null })]);
  for (let length = 0; length < bytes.length; length++) {
    assert.throws(() => codec.decode(bytes.subarray(0, length)), { code: "RECORD_MALFORMED" });
  }
});

Deno.test("AvroTradeCodec.decode() raises RECORD_MALFORMED at once for a count of billions", async () => {
  const { codec } = await memoryTradeCodec();
  const bytes = Uint8Array.fromHex("0000000001" + "feffffffffff7f");
  assert.throws(() => codec.decode(bytes), { code: "RECORD_MALFORMED" });
});

Deno.test("AvroTradeCodec.decode() raises RECORD_MALFORMED for a time beyond 2^53", async () => {
  const { codec } = await memoryTradeCodec();
  const bytes = codec.encode([tradeWith({ eventTimeMs: 0 })]);
  // The time is the one byte in front of the last nine bytes of the trade and the frame's end.
  const timeAt = bytes.length - "trade".length - 1 - 1 - 8 - 1;
  const huge = Uint8Array.fromHex("feffffffffffffffff01");
  const damaged = new Uint8Array([
    ...bytes.subarray(0, timeAt),
    ...huge,
    ...bytes.subarray(timeAt + 1),
  ]);
  assert.throws(() => codec.decode(damaged), { code: "RECORD_MALFORMED" });
});

Deno.test("AvroTradeCodec.encode() raises InvariantError for what is not a trade", async () => {
  const { codec } = await memoryTradeCodec();
  const price = "1" as unknown as number;
  assert.throws(() => codec.encode([tradeWith({ price })]), { name: "InvariantError" });
  assert.throws(() => codec.encode([tradeWith({ eventTimeMs: 0.5 })]), { name: "InvariantError" });
});
