import type { WindowRow } from "../../src/market/rows.ts";
import type { Trade } from "../../src/market/trade.ts";

/** A candle without its times of receipt. */
export type PlainCandle = Omit<WindowRow, "receivedAtMs" | "versionUs">;

interface Bar {
  count: number;
  volume: number;
  priceVolume: number;
  /** The trade that opens, and the one that closes. */
  first: Trade;
  last: Trade;
  high: number;
  low: number;
}

/** Lengths of the windows and of the candles, shortest first, ms. */
export const sizesMs: readonly [number, ...number[]] = [
  15_000,
  60_000,
  300_000,
  3_600_000,
  86_400_000,
];

const [windowMs] = sizesMs;

/**
 * Windows and candles of trades by plain arithmetic, by symbol, length and start: late ones left
 * out, each length added up from the one before it, earliest first. Shares no code with the engine.
 */
export function candlesOf(trades: readonly Trade[], graceMs: number): Map<string, PlainCandle> {
  const candles = new Map<string, PlainCandle>();
  for (const [symbol, own] of Map.groupBy(trades, (trade) => trade.symbol)) {
    const streamTimeMs = Math.max(...own.map(({ eventTimeMs }) => eventTimeMs));
    let bars = windowsOf(own, graceMs);
    for (const sizeMs of sizesMs) {
      if (sizeMs !== windowMs) bars = longer(bars, sizeMs);
      for (const [startMs, bar] of bars) {
        const final = startMs + sizeMs + graceMs <= streamTimeMs;
        candles.set(
          `${symbol} ${sizeMs} ${startMs}`,
          candle(symbol, { sizeMs, startMs, final }, bar),
        );
      }
    }
  }
  return candles;
}

function windowsOf(trades: readonly Trade[], graceMs: number): Map<number, Bar> {
  const bars = new Map<number, Bar>();
  let streamTimeMs = 0;
  for (const trade of trades) {
    const startMs = Math.floor(trade.eventTimeMs / windowMs) * windowMs;
    if (startMs + windowMs + graceMs <= streamTimeMs) continue;
    streamTimeMs = Math.max(streamTimeMs, trade.eventTimeMs);
    addBar(bars, startMs, barOf(trade));
  }
  return bars;
}

function longer(bars: ReadonlyMap<number, Bar>, sizeMs: number): Map<number, Bar> {
  const sums = new Map<number, Bar>();
  for (const [startMs, bar] of [...bars].sort(([a], [b]) => a - b)) {
    addBar(sums, Math.floor(startMs / sizeMs) * sizeMs, bar);
  }
  return sums;
}

function barOf(trade: Trade): Bar {
  const { price, volume } = trade;
  const range = { first: trade, last: trade, high: price, low: price };
  return { count: 1, volume, priceVolume: price * volume, ...range };
}

function addBar(bars: Map<number, Bar>, startMs: number, bar: Bar): void {
  const sum = bars.get(startMs);
  if (sum === undefined) {
    bars.set(startMs, { ...bar });
    return;
  }
  sum.count += bar.count;
  sum.volume += bar.volume;
  sum.priceVolume += bar.priceVolume;
  if (bar.first.eventTimeMs < sum.first.eventTimeMs) sum.first = bar.first;
  if (bar.last.eventTimeMs >= sum.last.eventTimeMs) sum.last = bar.last;
  sum.high = Math.max(sum.high, bar.high);
  sum.low = Math.min(sum.low, bar.low);
}

function candle(
  symbol: string,
  { sizeMs, startMs, final }: Pick<PlainCandle, "sizeMs" | "startMs" | "final">,
  { count, volume, priceVolume, first, last, high, low }: Bar,
): PlainCandle {
  return {
    kind: "window",
    symbol,
    sizeMs,
    startMs,
    endMs: startMs + sizeMs,
    open: first.price,
    high,
    low,
    close: last.price,
    volume,
    count,
    priceVolumeMultiply: priceVolume / count,
    vwap: volume === 0 ? null : priceVolume / volume,
    final,
  };
}
