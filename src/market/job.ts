import { symbolFault } from "../base/symbol.ts";
import {
  changelogTopic,
  checkedRollUps,
  type Codec,
  type EventContext,
  type Fault,
  type Job,
  job,
  type JobTopic,
  jobTopics,
  type KeyTopology,
  stream,
  type TopicPartition,
  tumbling,
  type WindowResult,
  type WindowState,
} from "../streams/mod.ts";
import { type Candle, meanPriceVolume, mergeCandles, tradeAggregator, vwap } from "./candle.ts";
import type { TradeCodec } from "./codec.ts";
import type { ConditionPolicy } from "./conditions.ts";
import { candleLevels } from "./resolutions.ts";
import type { MarketRow, PublishedWindow, TradeRow, WindowRow } from "./rows.ts";
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

/** Where the market job's windows go that others are to read. */
export function resultsTopic(application: string): string {
  return `${application}-results`;
}

/** Every topic of the market job; `results` for one with a results topic. */
export function marketTopics(
  topic: string,
  application: string,
  { results }: { readonly results: boolean },
): readonly JobTopic[] {
  const topics = results ? [{ topic: resultsTopic(application), latest: false }] : [];
  return jobTopics(application, { source: { topic }, store, repartition: true, topics });
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
  /** The topic that windows of every length go to, in the transaction; none without it. */
  readonly published?: { readonly topic: string; readonly codec: Codec<PublishedWindow> };
  /** Told now and then, by the wall clock, how busy the symbols of a partition are. */
  readonly onActivity?: (input: TopicPartition, activity: SymbolActivity) => void;
}

/** The market job: raw trades, 15-second windows and longer candles per symbol. */
export function marketJob(options: MarketOptions): Job<Trade, Candle, MarketRow> {
  const { topic, tradeCodec, maxFutureMs, graceMs, retentionMs, conditionPolicy } = options;
  const candles = stream(topic, tradeCodec)
    .reject(unusable)
    .flatMap((trades) => trades)
    .reject(tickFault)
    .timestamp((trade) => trade.eventTimeMs)
    .keyBy((trade) => trade.symbol, { codec: tradeCodec, asRead: true, fault: symbolFault })
    .window(tumbling(summaryWindowMs, { grace: graceMs, retention: retentionMs }))
    .aggregate(store, {
      ...tradeAggregator(conditionPolicy),
      stateCodec: options.windowCodec,
      rollUps: { merge: mergeCandles, levels: candleLevels(retentionMs) },
    });
  const market = job("market", {
    maxFuture: maxFutureMs,
    revision: `${marketRevision} ${conditionPolicy}`,
    punctuators: options.onActivity === undefined ? [] : [activityPunctuator(options.onActivity)],
  }).write(candles.map(windowRow));
  const { published, tradeRows } = options;
  const written = tradeRows ? market.writeEvents(tradeRow) : market;
  if (published === undefined) return written;
  return written.to<PublishedWindow>(published.topic, candles.map(windowRow), {
    value: published.codec,
  });
}

/** What it takes to read the windows of that job's state, whatever its settings are. */
export function marketWindows(windowCodec: Codec<WindowState<Candle>>): KeyTopology<Candle> {
  const retentionMs = 86_400_000;
  const windows = tumbling(summaryWindowMs, { retention: retentionMs });
  const levels = candleLevels(retentionMs);
  const rollUps = checkedRollUps(windows, { merge: mergeCandles, levels });
  return { windows, rollUps, aggregator: tradeAggregator("all"), windowCodec };
}

/** Why nothing of a record is used. */
function unusable({ length }: readonly Trade[]): Fault | undefined {
  if (length === 0) return { cause: "empty", detail: "no trade in record" };
  if (length <= tradesPerRecordMax) return undefined;
  const detail = `more than ${tradesPerRecordMax} trades in one record: ${length}`;
  return { cause: "too-many-events", detail };
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

/** A price, or `null` where no trade has set one. */
function priceOf(price: number): number | null {
  return Number.isNaN(price) ? null : price;
}

/** The row of a window. */
export function windowRow(result: WindowResult<Candle>): WindowRow {
  const { key, startMs, endMs, value, final, receivedAtMs, versionUs } = result;
  return {
    kind: "window",
    symbol: key,
    sizeMs: endMs - startMs,
    startMs,
    endMs,
    open: priceOf(value.open),
    high: priceOf(value.high),
    low: priceOf(value.low),
    close: priceOf(value.close),
    volume: value.volume,
    count: value.count,
    priceVolumeMultiply: meanPriceVolume(value),
    vwap: vwap(value),
    final,
    receivedAtMs,
    versionUs,
  };
}
