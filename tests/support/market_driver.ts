import type { Candle } from "../../src/market/candle.ts";
import type { MarketRow } from "../../src/market/rows.ts";
import type { ConditionPolicy } from "../../src/market/conditions.ts";
import { marketJob } from "../../src/market/job.ts";
import type { Trade } from "../../src/market/trade.ts";
import { createStateCodecs, type StateCodecs } from "../../src/registry/state_codecs.ts";
import type { AvroTradeCodec } from "../../src/registry/trade_codec.ts";
import { TopologyTestDriver } from "../../src/streams/testing/mod.ts";
import type { Topology } from "../../src/streams/topology/topology.ts";
import type { MemoryRegistry } from "./memory_registry.ts";
import { memoryTradeCodec } from "./trade_codecs.ts";

/** The market job in process, with the Avro codecs that it has in production. */
export interface MarketDriver extends AsyncDisposable {
  readonly driver: TopologyTestDriver<Trade, Candle, MarketRow>;
  readonly codec: AvroTradeCodec;
  readonly registry: MemoryRegistry;
  readonly state: StateCodecs;
  /** The job by another policy. */
  readonly jobBy: (policy: ConditionPolicy) => Topology<Trade, Candle, MarketRow>;
}

/** When the driver's clock starts, epoch ms. */
export const marketStartMs: number = Date.UTC(2026, 0, 5, 15);

/** Starts the market job over an empty log. */
export async function marketDriver(
  options: { readonly partitions?: number } = {},
): Promise<MarketDriver> {
  const { codec, registry } = await memoryTradeCodec();
  const state = await createStateCodecs({ registry, changelogTopic: "test-windows-changelog" });
  const jobBy = (conditionPolicy: ConditionPolicy) =>
    marketJob({
      topic: "trade1",
      graceMs: 60_000,
      retentionMs: 3_600_000,
      maxFutureMs: 60_000,
      conditionPolicy,
      tradeRows: true,
      tradeCodec: codec,
      windowCodec: state.windowState,
    });
  const driver = await TopologyTestDriver.start(jobBy("all"), {
    ...options,
    startMs: marketStartMs,
    codecs: state,
  });
  return {
    driver,
    codec,
    registry,
    state,
    jobBy,
    [Symbol.asyncDispose]: () => driver[Symbol.asyncDispose](),
  };
}
