/** Prices of well-known shares, US dollars, roughly as they were in 2025; only to look familiar. */
const shares: Readonly<Record<string, number>> = {
  AAPL: 230,
  AMD: 160,
  AMZN: 225,
  AVGO: 300,
  BA: 230,
  COIN: 320,
  DIS: 115,
  GOOG: 201,
  GOOGL: 200,
  IBM: 250,
  INTC: 23,
  JPM: 290,
  KO: 70,
  META: 700,
  MSFT: 500,
  NFLX: 1_200,
  NVDA: 175,
  ORCL: 240,
  QQQ: 570,
  SPY: 640,
  TSLA: 330,
  V: 345,
  WMT: 100,
};

/** The same of what is traded in pairs. */
const currencies: Readonly<Record<string, number>> = {
  ADA: 0.8,
  AUD: 0.65,
  AVAX: 24,
  BCH: 560,
  BNB: 800,
  BTC: 105_000,
  CAD: 0.72,
  CHF: 1.24,
  CNH: 0.14,
  DOGE: 0.22,
  DOT: 4,
  ETH: 3_600,
  EUR: 1.15,
  GBP: 1.34,
  JPY: 1 / 147,
  LINK: 22,
  LTC: 110,
  MXN: 0.053,
  NOK: 0.098,
  NZD: 0.6,
  PEPE: 0.000011,
  SEK: 0.104,
  SHIB: 0.0000125,
  SOL: 170,
  TRX: 0.34,
  USD: 1,
  USDC: 1,
  USDT: 1,
  XAG: 38,
  XAU: 3_350,
  XRP: 3,
};

/** What a pair is quoted in, the longer names first: `ETHUSDT` is not `ETHU` in something. */
const quotes: readonly string[] = [
  ...["USDT", "USDC", "USD", "EUR", "GBP", "JPY", "CHF", "CAD", "AUD", "NZD"],
  ...["CNH", "MXN", "NOK", "SEK", "BTC", "ETH", "BNB"],
];

/** A pair of currencies. */
export interface CurrencyPair {
  /** Of the first in the second. */
  readonly price: number;
  /** Of the first, US dollars. */
  readonly baseUsd: number;
}

/** The pair that a name without its exchange stands for, such as `ETHBTC`, `EUR_USD`, `BTC-USD`. */
export function pairOf(name: string): CurrencyPair | undefined {
  for (const quote of quotes) {
    if (!name.endsWith(quote)) continue;
    const base = name.slice(0, -quote.length).replace(/[-_/]$/, "");
    const [baseUsd, quoteUsd] = [currencies[base], currencies[quote]];
    if (baseUsd === undefined || quoteUsd === undefined) continue;
    return { price: baseUsd / quoteUsd, baseUsd };
  }
  return undefined;
}

/** Of a share; `undefined` for one that is not well known. */
export function usdPrice(name: string): number | undefined {
  return Object.hasOwn(shares, name) ? shares[name] : undefined;
}
