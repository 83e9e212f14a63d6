import { PipelineError } from "../base/errors.ts";
import { symbolFault } from "../base/symbol.ts";
import type { Codec } from "../streams/topology/codec.ts";
import { type JobTopic, jobTopics } from "../streams/topology/job_topics.ts";
import type { LogRecord, TopicPartition } from "../streams/record.ts";
import type { KeyTopology } from "../streams/state/cached_key.ts";
import type { WindowState } from "../streams/state/state.ts";
import { isTextOf } from "../streams/text.ts";
import {
  changelogTopic,
  type EventContext,
  type KeyedEvents,
  type Reading,
  type Source,
  type Topology,
  type WindowResult,
} from "../streams/topology/topology.ts";
import { checkedRollUps } from "../streams/topology/roll_ups.ts";
import { topology } from "../streams/topology/topology_builder.ts";
import { tumbling } from "../streams/topology/windows.ts";
import { type Candle, meanPriceVolume, mergeCandles, tradeAggregator, vwap } from "./candle.ts";
import type { TradeCodec } from "./codec.ts";
import type { ConditionPolicy } from "./conditions.ts";
import { candleLevels } from "./resolutions.ts";
import type { MarketRow, TradeRow, WindowRow } from "./rows.ts";
import { summaryWindowMs } from "./tables.ts";
import { activityPunctuator, type SymbolActivity } from "./symbol_activity.ts";
import { tickFault, type Trade, tradeId, tradesPerRecordMax } from "./trade.ts";

const store = "windows";

/** Of what the job makes of a trade: to be raised with every change of that. */
const marketRevision = "1";

/** The changelog of the market job's state. */
export function marketChangelog(application: string): string {
  return changelogTopic(application, store);
}

/** Every topic of the market job. */
export function marketTopics(topic: string, application: string): readonly JobTopic[] {
  return jobTopics(application, { source: { topic }, store, repartition: true });
}

/** What a user may choose about the market job. */
export interface MarketOptions {
  readonly topic: string;
  readonly graceMs: number;
  readonly retentionMs: number;
  readonly maxFutureMs: number;
  readonly conditionPolicy: ConditionPolicy;
  /** False when no table takes the raw trades: then no rows are made. */
  readonly tradeRows: boolean;
  readonly tradeCodec: TradeCodec;
  readonly windowCodec: Codec<WindowState<Candle>>;
  /** Told now and then, by the wall clock, how busy the symbols of a partition are. */
  readonly onActivity?: (input: TopicPartition, activity: SymbolActivity) => void;
}

/** The market job: raw trades, 15-second windows and longer candles per symbol. */
export function marketTopology(options: MarketOptions): Topology<Trade, Candle, MarketRow> {
  const { topic, tradeCodec, maxFutureMs, graceMs, retentionMs, conditionPolicy } = options;
  const source = topology("market", tradeSource(topic, tradeCodec), {
    maxFutureMs,
    repartition: true,
    punctuators: options.onActivity === undefined ? [] : [activityPunctuator(options.onActivity)],
  });
  const trades = options.tradeRows ? source.toRows("trades", tradeRow) : source;
  return trades
    .windowedBy(tumbling({ sizeMs: summaryWindowMs, graceMs, retentionMs }))
    .aggregate({
      store,
      aggregator: tradeAggregator(conditionPolicy),
      codec: options.windowCodec,
      revision: `${marketRevision} ${conditionPolicy}`,
      rollUps: { merge: mergeCandles, levels: candleLevels({ retentionMs, graceMs }) },
    })
    .toRows("running averages and candles", windowRow);
}

/** What it takes to read the windows of that job's state, whatever its settings are. */
export function marketWindows(windowCodec: Codec<WindowState<Candle>>): KeyTopology<Candle> {
  const kept = { graceMs: 0, retentionMs: 86_400_000 };
  const windows = tumbling({ sizeMs: summaryWindowMs, ...kept });
  const rollUps = checkedRollUps(windows, { merge: mergeCandles, levels: candleLevels(kept) });
  return { windows, rollUps, aggregator: tradeAggregator("all"), windowCodec };
}

function tradeSource(topic: string, codec: TradeCodec): Source<Trade> {
  return {
    topic,
    prepare: (records) => codec.prepare(records),
    read: (record) => readTrades(record, codec),
    keyFault: symbolFault,
    fault: tickFault,
    timeOf: (trade) => trade.eventTimeMs,
    write: (trades) => codec.encode(trades),
  };
}

function readTrades(record: LogRecord, codec: TradeCodec): Reading<Trade> {
  if (record.value === null) {
    return { kind: "dead", cause: "malformed", detail: "record has no value" };
  }
  try {
    return keyed(record.key, codec.decode(record.value));
  } catch (error) {
    if (!(error instanceof PipelineError)) throw error;
    const cause = error.code === "SCHEMA_UNKNOWN" ? "schema-unknown" : "malformed";
    return { kind: "dead", cause, detail: error.message };
  }
}

function keyed(key: Uint8Array | null, trades: Trade[]): Reading<Trade> {
  const symbol = trades[0]?.symbol;
  if (symbol === undefined) return { kind: "dead", cause: "empty", detail: "no trade in record" };
  if (trades.length > tradesPerRecordMax) {
    const detail = `more than ${tradesPerRecordMax} trades in one record: ${trades.length}`;
    return { kind: "dead", cause: "too-many-events", detail };
  }
  if (key === null || !isTextOf(key, symbol) || !areOf(symbol, trades)) {
    return { kind: "wrong-key", parts: bySymbol(trades) };
  }
  return { kind: "events", key: symbol, events: trades };
}

/** The trades of each symbol, in their order: what a record of several symbols is split into. */
function bySymbol(trades: readonly Trade[]): KeyedEvents<Trade>[] {
  const [{ symbol } = { symbol: "" }] = trades;
  if (areOf(symbol, trades)) {
    return [{ key: symbol, events: trades, indexes: trades.map((_, index) => index) }];
  }
  const indexes = Map.groupBy(trades.keys(), (index) => (trades[index] as Trade).symbol);
  return [...indexes].map(([key, indexes]) => ({
    key,
    events: indexes.map((index) => trades[index] as Trade),
    indexes,
  }));
}

function areOf(symbol: string, trades: readonly Trade[]): boolean {
  for (const trade of trades) if (trade.symbol !== symbol) return false;
  return true;
}

function tradeRow(trade: Trade, context: EventContext): TradeRow {
  return {
    kind: "trade",
    symbol: trade.symbol,
    tradeTimeMs: trade.eventTimeMs,
    tradeId: tradeId(context.record.offset, context.index, context),
    price: trade.price,
    volume: trade.volume,
    conditions: trade.conditions === null ? null : trade.conditions.join(","),
    receivedAtMs: context.record.timestampMs,
    versionUs: context.versionUs,
  };
}

/** The row of a window. */
export function windowRow({ key, startMs, endMs, state }: WindowResult<Candle>): WindowRow {
  const { aggregate } = state;
  return {
    kind: "window",
    symbol: key,
    sizeMs: endMs - startMs,
    startMs,
    endMs,
    open: aggregate.open,
    high: aggregate.high,
    low: aggregate.low,
    close: aggregate.close,
    volume: aggregate.volume,
    count: aggregate.count,
    priceVolumeMultiply: meanPriceVolume(aggregate),
    vwap: vwap(aggregate),
    final: state.final,
    receivedAtMs: state.receivedAtMs,
    versionUs: state.versionUs,
  };
}
