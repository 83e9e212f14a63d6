import type { Aggregator } from "../streams/topology.ts";
import type { Trade } from "./trade.ts";

/** Sums and extremes of the trades of one window. Mutable: folded in place. */
export interface Aggregate {
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
 * Folds trades: open and close by event time, ties by input order.
 *
 * A trade with volume 0 is a price update: it counts like any other, with no volume.
 */
export const tradeAggregator: Aggregator<Trade, Aggregate> = {
  initial: () => ({
    count: 0,
    volume: 0,
    priceVolume: 0,
    open: null,
    openTimeMs: null,
    high: null,
    low: null,
    close: null,
    closeTimeMs: null,
  }),
  add(aggregate, trade) {
    aggregate.count += 1;
    aggregate.volume += trade.volume;
    aggregate.priceVolume += trade.price * trade.volume;
    addPrice(aggregate, trade);
  },
};

function addPrice(aggregate: Aggregate, { price, eventTimeMs }: Trade): void {
  if (aggregate.openTimeMs === null || eventTimeMs < aggregate.openTimeMs) {
    aggregate.open = price;
    aggregate.openTimeMs = eventTimeMs;
  }
  if (aggregate.closeTimeMs === null || eventTimeMs >= aggregate.closeTimeMs) {
    aggregate.close = price;
    aggregate.closeTimeMs = eventTimeMs;
  }
  if (aggregate.high === null || price > aggregate.high) aggregate.high = price;
  if (aggregate.low === null || price < aggregate.low) aggregate.low = price;
}

/** Mean of price * volume over the trades: what the original calls the running average. */
export function meanPriceVolume({ priceVolume, count }: Aggregate): number {
  return count === 0 ? 0 : priceVolume / count;
}

/** Volume-weighted average price; `null` when nothing was traded. */
export function vwap({ priceVolume, volume }: Aggregate): number | null {
  return volume === 0 ? null : priceVolume / volume;
}
