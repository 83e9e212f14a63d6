/**
 * Trades through the Avro codec: one iteration is one record of ten trades, or of one.
 *
 * Trades per second = iterations per second times trades per record.
 */
import { AvroTradeCodec } from "../src/registry/trade_codec.ts";
import { createStateCodecs } from "../src/registry/state_codecs.ts";
import { tradeAggregator } from "../src/market/candle.ts";
import type { Trade } from "../src/market/trade.ts";
import { MemoryRegistry } from "../tests/support/memory_registry.ts";

const registry = new MemoryRegistry();
const codec = await AvroTradeCodec.create({ registry, topic: "trade1" });
const states = await createStateCodecs({ registry, changelogTopic: "market-windows-changelog" });

const ten = Array.from({ length: 10 }, (_, i): Trade => ({
  symbol: "BINANCE:BTCUSDT",
  price: 27_123.45 + i,
  volume: 0.0125 * (i + 1),
  eventTimeMs: 1_700_000_000_000 + i,
  conditions: i % 2 === 0 ? null : ["1", "12"],
}));
const one = ten.slice(1, 2);
const tenBytes = codec.encode(ten);
const oneBytes = codec.encode(one);
const tenJson = JSON.stringify(ten);

const aggregator = tradeAggregator("all");
const aggregate = aggregator.initial();
for (const trade of ten) aggregator.add(aggregate, trade);
const state = {
  aggregate,
  final: false,
  versionUs: 1_700_000_000_000_123,
  receivedAtMs: 1_700_000_000_000,
};
const stateBytes = states.windowState.encode(state);

Deno.bench("encode 10 trades", { group: "encode 10", baseline: true }, () => {
  codec.encode(ten);
});
Deno.bench("JSON.stringify 10 trades", { group: "encode 10" }, () => {
  JSON.stringify(ten);
});
Deno.bench("decode 10 trades", { group: "decode 10", baseline: true }, () => {
  codec.decode(tenBytes);
});
Deno.bench("JSON.parse 10 trades", { group: "decode 10" }, () => {
  JSON.parse(tenJson);
});
Deno.bench("encode 1 trade", () => {
  codec.encode(one);
});
Deno.bench("decode 1 trade", () => {
  codec.decode(oneBytes);
});
Deno.bench("encode a window state", () => {
  states.windowState.encode(state);
});
Deno.bench("decode a window state", () => {
  states.windowState.decode(stateBytes);
});
