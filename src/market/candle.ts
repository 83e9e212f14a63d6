import type { Aggregator } from "../streams/mod.ts";
import { type ConditionPolicy, moves, movesOf } from "./conditions.ts";
import type { Trade } from "./trade.ts";

/** Sums and extremes of the trades of one window. Mutable: folded in place. */
export interface Candle {
  /** Trades whose volume counts: all of them unless the policy says otherwise. */
  count: number;
  volume: number;
  /** sum(price * volume). */
  priceVolume: number;
  open: number | null;
  /** Event time of `open`, epoch ms. */
  openTimeMs: number | null;
  high: number | null;
  low: number | null;
  close: number | null;
  /** Event time of `close`, epoch ms. */
  closeTimeMs: number | null;
}

/**
 * Folds trades: open and close by event time, ties by input order. What a trade may move is the
 * policy's decision; one that may not move the volume does not count.
 *
 * A trade with volume 0 is a price update: it counts like any other, with no volume.
 */
export function tradeAggregator(policy: ConditionPolicy): Aggregator<Trade, Candle> {
  return { initial: emptyCandle, add: policy === "all" ? addTrade : addAllowed };
}

function emptyCandle(): Candle {
  return {
    count: 0,
    volume: 0,
    priceVolume: 0,
    open: null,
    openTimeMs: null,
    high: null,
    low: null,
    close: null,
    closeTimeMs: null,
  };
}

function addTrade(candle: Candle, trade: Trade): Candle {
  addVolume(candle, trade);
  addLast(candle, trade);
  addHighLow(candle, trade);
  return candle;
}

function addAllowed(candle: Candle, trade: Trade): Candle {
  const allowed = movesOf(trade.conditions);
  if ((allowed & moves.volume) !== 0) addVolume(candle, trade);
  if ((allowed & moves.last) !== 0) addLast(candle, trade);
  if ((allowed & moves.highLow) !== 0) addHighLow(candle, trade);
  return candle;
}

function addVolume(candle: Candle, { price, volume }: Trade): void {
  candle.count += 1;
  candle.volume += volume;
  candle.priceVolume += price * volume;
}

function addLast(candle: Candle, { price, eventTimeMs }: Trade): void {
  if (candle.openTimeMs === null || eventTimeMs < candle.openTimeMs) {
    candle.open = price;
    candle.openTimeMs = eventTimeMs;
  }
  if (candle.closeTimeMs === null || eventTimeMs >= candle.closeTimeMs) {
    candle.close = price;
    candle.closeTimeMs = eventTimeMs;
  }
}

function addHighLow(candle: Candle, { price }: Trade): void {
  if (candle.high === null || price > candle.high) candle.high = price;
  if (candle.low === null || price < candle.low) candle.low = price;
}

/** Adds the trades of a later window to those of earlier ones, in place. */
export function mergeCandles(into: Candle, from: Candle): Candle {
  into.count += from.count;
  into.volume += from.volume;
  into.priceVolume += from.priceVolume;
  mergeLast(into, from);
  if (from.high !== null && (into.high === null || from.high > into.high)) into.high = from.high;
  if (from.low !== null && (into.low === null || from.low < into.low)) into.low = from.low;
  return into;
}

function mergeLast(into: Candle, from: Candle): void {
  const { openTimeMs, closeTimeMs } = from;
  if (openTimeMs !== null && (into.openTimeMs === null || openTimeMs < into.openTimeMs)) {
    into.open = from.open;
    into.openTimeMs = openTimeMs;
  }
  if (closeTimeMs !== null && (into.closeTimeMs === null || closeTimeMs >= into.closeTimeMs)) {
    into.close = from.close;
    into.closeTimeMs = closeTimeMs;
  }
}

/** Mean of price * volume over the trades: what the original calls the running average. */
export function meanPriceVolume({ priceVolume, count }: Candle): number {
  return count === 0 ? 0 : priceVolume / count;
}

/** Volume-weighted average price; `null` when nothing was traded. */
export function vwap({ priceVolume, volume }: Candle): number | null {
  return volume === 0 ? null : priceVolume / volume;
}
