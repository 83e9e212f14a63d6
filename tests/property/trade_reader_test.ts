/** The hand-made reader of trades agrees with the one that avsc makes from the schema. */
import assert from "node:assert/strict";
import type { Trade } from "../../src/market/trade.ts";
import { AvroCodec } from "../../src/registry/avro_codec.ts";
import { AvroTradeCodec } from "../../src/registry/trade_codec.ts";
import { tradeSchemaText } from "../../src/registry/schemas.ts";
import { TradeReader, type TradeRecord } from "../../src/registry/trade_reader.ts";
import { frameHeaderBytes } from "../../src/registry/wire_format.ts";
import { MemoryRegistry } from "../support/memory_registry.ts";
import { fc } from "../support/properties.ts";

const registry = new MemoryRegistry();
const trades = await AvroTradeCodec.create({ registry, topic: "t" });
const general = await AvroCodec.create<TradeRecord>({
  registry,
  subject: "t-value",
  schemaText: tradeSchemaText,
  fieldNames: {
    data: "trades",
    c: "conditions",
    p: "price",
    s: "symbol",
    t: "eventTimeMs",
    v: "volume",
  },
});

const text = fc.oneof(
  fc.constantFrom("AAPL", "BINANCE:BTCUSDT", "1", "12", ""),
  fc.string({ unit: "grapheme", maxLength: 40 }),
);
/** Beyond 2^52 avsc rounds what it writes. */
const time = fc.oneof(
  fc.integer({ min: 0, max: 2 ** 41 }),
  fc.maxSafeInteger().filter((value) => Math.abs(value) < 2 ** 52),
);
const trade: fc.Arbitrary<Trade> = fc.record({
  symbol: text,
  price: fc.double({ noNaN: true }),
  volume: fc.double({ noNaN: true }),
  eventTimeMs: time,
  conditions: fc.option(fc.array(fc.option(text), { maxLength: 4 })),
}, { noNullPrototype: true });
const frame = fc.array(trade, { maxLength: 8 });

/** What a reader makes of bytes: a value, or a refusal. */
function outcome(read: () => TradeRecord): unknown {
  try {
    return structuredClone(read());
  } catch {
    return "refused";
  }
}

/** Refuses what avsc rounds when it reads. */
function withoutHugeTimes(record: TradeRecord): TradeRecord {
  for (const { eventTimeMs } of record.trades) {
    if (eventTimeMs >= 2 ** 52 || eventTimeMs < -(2 ** 52)) throw new Error("rounded");
  }
  return record;
}

Deno.test("TradeReader.read() gives back what was encoded, wherever it lies in its buffer", () => {
  const reader = new TradeReader();
  fc.assert(fc.property(frame, fc.integer({ min: 0, max: 9 }), (given, shift) => {
    const bytes = trades.encode(given);
    const shifted = new Uint8Array(bytes.length + shift + 3);
    shifted.set(bytes, shift);
    const view = shifted.subarray(shift, shift + bytes.length);
    assert.deepEqual(reader.read(view, frameHeaderBytes), { trades: given, type: "trade" });
  }));
});

Deno.test("TradeReader.read() agrees with the general reader on damaged values", () => {
  const reader = new TradeReader();
  const damage = fc.array(fc.tuple(fc.nat(), fc.integer({ min: 0, max: 255 })), { maxLength: 3 });
  fc.assert(
    fc.property(frame, damage, fc.nat({ max: 4 }), (given, changes, cut) => {
      const bytes = trades.encode(given);
      for (const [at, value] of changes) {
        bytes[frameHeaderBytes + at % Math.max(1, bytes.length - frameHeaderBytes)] = value;
      }
      const damaged = bytes.subarray(0, Math.max(frameHeaderBytes, bytes.length - cut));
      assert.deepEqual(
        outcome(() => reader.read(damaged, frameHeaderBytes)),
        outcome(() => withoutHugeTimes(general.decode(damaged))),
      );
    }),
    { numRuns: 3_000 },
  );
});
