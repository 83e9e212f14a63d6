import assert from "node:assert/strict";
import { PipelineError } from "../../src/base/errors.ts";
import type { Trade } from "../../src/market/trade.ts";
import { AvroCodec } from "../../src/registry/avro_codec.ts";
import { windowStateSchemaText } from "../../src/registry/schemas.ts";
import type { WindowRecord } from "../../src/registry/window_codec.ts";
import { createStateCodecs } from "../../src/registry/state_codecs.ts";
import { MemoryRegistry } from "../support/memory_registry.ts";
import { memoryTradeCodec } from "../support/trade_codecs.ts";
import { fc } from "../support/properties.ts";

const { codec } = await memoryTradeCodec();
const states = await createStateCodecs({ registry: new MemoryRegistry(), changelogTopic: "c" });
const windowRecords = await AvroCodec.create<WindowRecord>({
  registry: new MemoryRegistry(),
  subject: "w",
  schemaText: windowStateSchemaText,
});

const text = fc.string({ unit: "grapheme", maxLength: 20 });
/** What `tradeFault` lets pass, and as far before the epoch. */
const time = fc.integer({ min: -(2 ** 52) + 1, max: 2 ** 52 - 1 });
/** Those of the latest receive time that counts have 53 bits. */
const writeTime = fc.integer({ min: 0, max: 9e15 });
/** With Object's prototype, like everything decoded. */
const plain = { noNullPrototype: true } as const;
const number = fc.double({ noNaN: true });

const trade: fc.Arbitrary<Trade> = fc.record({
  symbol: text,
  price: number,
  volume: number,
  eventTimeMs: time,
  conditions: fc.option(fc.array(fc.option(text), { maxLength: 4 })),
}, plain);

function orNaN(value: fc.Arbitrary<number>): fc.Arbitrary<number> {
  return fc.option(value, { nil: NaN });
}

/** An aggregate with `to` where there was `from`. */
function replaced<T extends object>(aggregate: T, from: unknown, to: unknown): T {
  const fields = Object.entries(aggregate).map(([name, value]) => [
    name,
    Object.is(value, from) ? to : value,
  ]);
  return Object.fromEntries(fields);
}

const aggregate = fc.record({
  count: time,
  volume: number,
  priceVolume: number,
  open: orNaN(number),
  openTimeMs: orNaN(time),
  high: orNaN(number),
  low: orNaN(number),
  close: orNaN(number),
  closeTimeMs: orNaN(time),
}, plain);

const windowState = fc.record({
  aggregate,
  final: fc.boolean(),
  versionUs: writeTime,
  receivedAtMs: time,
}, plain);

/** What is read, or the code of the error. */
function resultOf<T>(read: () => T): T | string {
  try {
    return read();
  } catch (error) {
    assert.ok(error instanceof PipelineError, String(error));
    return error.code;
  }
}

/** Decodes or raises one of the two errors that a record can have; returns what was decoded. */
function decodeOrRefuse(bytes: Uint8Array): Trade[] | undefined {
  try {
    return codec.decode(bytes);
  } catch (error) {
    assert.ok(error instanceof PipelineError, String(error));
    assert.ok(["RECORD_MALFORMED", "SCHEMA_UNKNOWN"].includes(error.code), error.code);
    return undefined;
  }
}

Deno.test("AvroTradeCodec: decode after encode is the identity", () => {
  fc.assert(fc.property(fc.array(trade, { maxLength: 12 }), (trades) => {
    assert.deepEqual(codec.decode(codec.encode(trades)), trades);
  }));
});

Deno.test("StateCodecs: decode after encode is the identity", () => {
  fc.assert(fc.property(windowState, (window) => {
    assert.deepEqual(states.windowState.decode(states.windowState.encode(window)), window);
  }));
});

Deno.test("WindowCodec writes the bytes of the schema, and reads what the general codec reads", () => {
  const damage = fc.option(fc.record({ at: fc.nat(), byte: fc.nat(255) }));
  const property = fc.property(windowState, damage, (window, damage) => {
    const { aggregate, ...rest } = window;
    const bytes = states.windowState.encode(window);
    assert.deepEqual(bytes, windowRecords.encode({ ...replaced(aggregate, NaN, null), ...rest }));
    if (damage !== null) bytes[damage.at % bytes.length] = damage.byte;
    const general = resultOf(() => {
      const { final, versionUs, receivedAtMs, ...aggregate } = windowRecords.decode(bytes);
      return { aggregate: replaced(aggregate, null, NaN), final, versionUs, receivedAtMs };
    });
    assert.deepEqual(resultOf(() => states.windowState.decode(bytes)), general);
  });
  fc.assert(property, { numRuns: 2_000 });
});

Deno.test("AvroTradeCodec.decode() reads or refuses any bytes behind a good header", () => {
  fc.assert(
    fc.property(fc.uint8Array({ maxLength: 64 }), (body) => {
      decodeOrRefuse(new Uint8Array([0, 0, 0, 0, 1, ...body]));
    }),
    { numRuns: 2_000 },
  );
});

Deno.test("AvroTradeCodec.decode() reads or refuses a record with any byte replaced", () => {
  const damage = fc.record({ at: fc.nat(), byte: fc.nat(255) });
  const trades = fc.array(trade, { minLength: 1, maxLength: 4 });
  fc.assert(
    fc.property(trades, damage, (trades, { at, byte }) => {
      const bytes = codec.encode(trades);
      bytes[at % bytes.length] = byte;
      const read = decodeOrRefuse(bytes);
      if (read !== undefined) assert.deepEqual(codec.decode(codec.encode(read)), read);
    }),
    { numRuns: 2_000 },
  );
});
