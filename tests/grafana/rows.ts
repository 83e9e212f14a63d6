/** Rows that the market dashboard is read over, and how it is looked at. */
import { resolutions } from "../../src/market/resolutions.ts";
import type { TradeRow, WindowRow } from "../../src/market/rows.ts";
import { tradeRowWith, windowRowWith } from "../support/market_rows.ts";

/** The time at which one looks. */
export const nowMs: number = Date.UTC(2026, 0, 5, 15, 0, 7, 300);

/** A range and the width of the browser's window; each wants candles of other lengths. */
export const views: readonly {
  readonly name: string;
  readonly fromMs: number;
  readonly widthPixels: number;
}[] = [
  { name: "30 minutes", fromMs: nowMs - 1_800_000, widthPixels: 1_920 },
  { name: "a day", fromMs: nowMs - 86_400_000, widthPixels: 1_920 },
  { name: "a day on a phone", fromMs: nowMs - 86_400_000, widthPixels: 400 },
  { name: "30 days", fromMs: nowMs - 30 * 86_400_000, widthPixels: 1_920 },
  { name: "two years", fromMs: nowMs - 730 * 86_400_000, widthPixels: 1_920 },
];

/** Series of different lengths, with prices that three digits do not show. */
const prices: Readonly<Record<string, readonly number[]>> = {
  "BINANCE:BTCUSDT": [
    43_250.17,
    43_251.5,
    43_249.25,
    43_260.01,
    43_255.75,
    43_258.5,
    43_261.375,
  ],
  "AAPL": [228.58, 228.61, 228.55, 228.62],
  "OANDA:SHIBUSD": [1.37e-9, 1.38e-9],
};

/** The symbol that the dashboard shows, and those that it compares. */
export const chosen: Readonly<Record<string, readonly string[]>> = {
  symbol: ["AAPL"],
  compare: Object.keys(prices),
};

/** Time between two windows of a symbol; a candle that begins before the range is among them. */
const spacingMs: ReadonlyMap<string, number> = new Map([
  ["15s", 300_000],
  ["1m", 240 * 60_000],
  ["5m", 240 * 60_000],
  ["1h", 5 * 86_400_000],
  ["1d", 150 * 86_400_000],
]);

/** Windows of every length: the newest now, one in which no trade could move the price, one early. */
const candidates: readonly WindowRow[] = Object.entries(prices).flatMap((
  [symbol, values],
) =>
  [...resolutions].flatMap(([name, sizeMs]) => {
    const startOf = (timeMs: number) => timeMs - timeMs % sizeMs;
    const at = (timeMs: number, changes: Partial<WindowRow>) =>
      windowRowWith({ symbol, sizeMs, startMs: startOf(timeMs), ...changes });
    const traded = values.map((price, index) =>
      at(nowMs - index * (spacingMs.get(name) ?? 0), {
        ...{ open: price, high: price * 2, low: price / 2, close: price },
        ...{
          volume: index + 0.25,
          count: index + 1,
          priceVolumeMultiply: price * 3,
        },
      })
    );
    const noPrice = {
      open: null,
      high: null,
      low: null,
      close: null,
      volume: 7,
      count: 2,
    };
    const firsts = views.map(({ fromMs }) =>
      at(fromMs, { close: (values[0] ?? 0) * 0.98, volume: 1 })
    );
    return [...traded, ...firsts, at(nowMs - sizeMs, noPrice)];
  })
);

/** Each window once. */
export const windowRows: readonly WindowRow[] = [
  ...new Map(
    candidates.map((
      row,
    ) => [`${row.symbol} ${row.sizeMs} ${row.startMs}`, row]),
  ).values(),
];

/** Trades of the chosen symbol, newest first, two of them in one millisecond. */
export const tradeRows: readonly TradeRow[] = [
  { price: 228.58, volume: 100, conditions: "1,12", agoMs: 0 },
  { price: 228.6051, volume: 0.00013, conditions: null, agoMs: 0 },
  { price: 228.5, volume: 7, conditions: "", agoMs: 12_345 },
  { price: 199.99, volume: 1_234_567.5, conditions: "1", agoMs: 7_200_000 },
].map(({ agoMs, ...values }, index) =>
  tradeRowWith({
    symbol: "AAPL",
    tradeTimeMs: nowMs - agoMs,
    tradeId: BigInt(100 - index),
    ...values,
  })
);
