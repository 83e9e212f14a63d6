import type { Aggregator } from "../streams/topology/topology.ts";
import { type ConditionPolicy, moves, movesOf } from "./conditions.ts";
import type { Trade } from "./trade.ts";

/** Sums and extremes of the trades of one window. Mutable: folded in place. */
export interface Aggregate {
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
export function tradeAggregator(policy: ConditionPolicy): Aggregator<Trade, Aggregate> {
  return { initial: emptyAggregate, add: policy === "all" ? addTrade : addAllowed };
}

function emptyAggregate(): Aggregate {
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

function addTrade(aggregate: Aggregate, trade: Trade): void {
  addVolume(aggregate, trade);
  addLast(aggregate, trade);
  addHighLow(aggregate, trade);
}

function addAllowed(aggregate: Aggregate, trade: Trade): void {
  const allowed = movesOf(trade.conditions);
  if ((allowed & moves.volume) !== 0) addVolume(aggregate, trade);
  if ((allowed & moves.last) !== 0) addLast(aggregate, trade);
  if ((allowed & moves.highLow) !== 0) addHighLow(aggregate, trade);
}

function addVolume(aggregate: Aggregate, { price, volume }: Trade): void {
  aggregate.count += 1;
  aggregate.volume += volume;
  aggregate.priceVolume += price * volume;
}

function addLast(aggregate: Aggregate, { price, eventTimeMs }: Trade): void {
  if (aggregate.openTimeMs === null || eventTimeMs < aggregate.openTimeMs) {
    aggregate.open = price;
    aggregate.openTimeMs = eventTimeMs;
  }
  if (aggregate.closeTimeMs === null || eventTimeMs >= aggregate.closeTimeMs) {
    aggregate.close = price;
    aggregate.closeTimeMs = eventTimeMs;
  }
}

function addHighLow(aggregate: Aggregate, { price }: Trade): void {
  if (aggregate.high === null || price > aggregate.high) aggregate.high = price;
  if (aggregate.low === null || price < aggregate.low) aggregate.low = price;
}

/** Adds the trades of a later window to those of earlier ones, in place. */
export function mergeAggregates(into: Aggregate, from: Aggregate): void {
  into.count += from.count;
  into.volume += from.volume;
  into.priceVolume += from.priceVolume;
  mergeLast(into, from);
  if (from.high !== null && (into.high === null || from.high > into.high)) into.high = from.high;
  if (from.low !== null && (into.low === null || from.low < into.low)) into.low = from.low;
}

function mergeLast(into: Aggregate, from: Aggregate): void {
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
export function meanPriceVolume({ priceVolume, count }: Aggregate): number {
  return count === 0 ? 0 : priceVolume / count;
}

/** Volume-weighted average price; `null` when nothing was traded. */
export function vwap({ priceVolume, volume }: Aggregate): number | null {
  return volume === 0 ? null : priceVolume / volume;
}
