import type { Aggregator } from "../streams/mod.ts";
import { type ConditionPolicy, moves, movesOf } from "./conditions.ts";
import type { Trade } from "./trade.ts";

/**
 * Sums and extremes of the trades of one window. Mutable: folded in place. What no trade has set is
 * `NaN`, so that all fields are numbers, which are changed where they lie: a field that may be
 * `null` as well gets a new object with every change.
 */
export interface Candle {
  /** Trades whose volume counts: all of them unless the policy says otherwise. */
  count: number;
  volume: number;
  /** sum(price * volume). */
  priceVolume: number;
  open: number;
  /** Event time of `open`, epoch ms. */
  openTimeMs: number;
  high: number;
  low: number;
  close: number;
  /** Event time of `close`, epoch ms. */
  closeTimeMs: number;
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
    open: NaN,
    openTimeMs: NaN,
    high: NaN,
    low: NaN,
    close: NaN,
    closeTimeMs: NaN,
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

// Comparisons with NaN are false: turned round, they hold for what no trade has set yet.

function addLast(candle: Candle, { price, eventTimeMs }: Trade): void {
  if (!(eventTimeMs >= candle.openTimeMs)) {
    candle.open = price;
    candle.openTimeMs = eventTimeMs;
  }
  if (!(eventTimeMs < candle.closeTimeMs)) {
    candle.close = price;
    candle.closeTimeMs = eventTimeMs;
  }
}

function addHighLow(candle: Candle, { price }: Trade): void {
  if (!(price <= candle.high)) candle.high = price;
  if (!(price >= candle.low)) candle.low = price;
}

/** Adds the trades of a later window to those of earlier ones, in place. */
export function mergeCandles(into: Candle, from: Candle): Candle {
  into.count += from.count;
  into.volume += from.volume;
  into.priceVolume += from.priceVolume;
  if (!Number.isNaN(from.openTimeMs)) mergeLast(into, from);
  if (!Number.isNaN(from.high) && !(from.high <= into.high)) into.high = from.high;
  if (!Number.isNaN(from.low) && !(from.low >= into.low)) into.low = from.low;
  return into;
}

function mergeLast(into: Candle, from: Candle): void {
  if (!(from.openTimeMs >= into.openTimeMs)) {
    into.open = from.open;
    into.openTimeMs = from.openTimeMs;
  }
  if (!(from.closeTimeMs < into.closeTimeMs)) {
    into.close = from.close;
    into.closeTimeMs = from.closeTimeMs;
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
