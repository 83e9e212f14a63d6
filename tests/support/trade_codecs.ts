import type { Trade } from "../../src/market/trade.ts";
import { AvroTradeCodec } from "../../src/registry/trade_codec.ts";
import { MemoryRegistry } from "./memory_registry.ts";

/** A codec over a registry in memory, in which our schema has id 1. */
export async function memoryTradeCodec(): Promise<
  { readonly codec: AvroTradeCodec; readonly registry: MemoryRegistry }
> {
  const registry = new MemoryRegistry();
  return { codec: await AvroTradeCodec.create({ registry, topic: "trade1" }), registry };
}

/** A trade with some fields replaced. */
export function tradeWith(fields: Partial<Trade> = {}): Trade {
  return {
    symbol: "AAPL",
    price: 259.81,
    volume: 10,
    eventTimeMs: 1_700_000_000_000,
    conditions: ["1"],
    ...fields,
  };
}
