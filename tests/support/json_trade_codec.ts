import type { TradeCodec } from "../../src/market/codec.ts";
import type { Trade } from "../../src/market/trade.ts";

/** A codec without a schema: enough where the bytes themselves do not matter. */
export const jsonTradeCodec: TradeCodec = {
  encode: (trades) => new TextEncoder().encode(JSON.stringify(trades)),
  prepare: () => Promise.resolve(),
  decode: (value): Trade[] => JSON.parse(new TextDecoder().decode(value)),
};
