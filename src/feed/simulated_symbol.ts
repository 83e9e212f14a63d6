/** How a symbol behaves on the simulated market. */
export interface SimulatedSymbol {
  readonly symbol: string;
  /** Where the price starts and what it keeps coming back to. */
  readonly price: number;
  /** Smallest step of the price. */
  readonly tickSize: number;
  /** Smallest step of the volume; 0 for price updates without volume. */
  readonly lotSize: number;
  /** Typical volume of a trade, in lots. */
  readonly typicalLots: number;
  /** Share of the trades relative to the other symbols, > 0. */
  readonly weight: number;
  /** What stands in `c`. */
  readonly conditions: "codes" | "none";
}

const crypto = { lotSize: 0.00001, typicalLots: 1_500, conditions: "none" } as const;
const forex = { lotSize: 0, typicalLots: 0, conditions: "none" } as const;
const equity = { tickSize: 0.01, lotSize: 1, typicalLots: 60, conditions: "codes" } as const;

/** Prices of well-known symbols, roughly as they were in 2025; only to look familiar. */
const familiarPrices: Readonly<Record<string, number>> = {
  AAPL: 230,
  AMZN: 225,
  GOOGL: 200,
  IBM: 250,
  META: 640,
  MSFT: 480,
  NVDA: 170,
  SPY: 620,
  TSLA: 330,
  "BINANCE:BTCUSDT": 105_000,
  "BINANCE:ETHUSDT": 3_600,
  "BINANCE:SOLUSDT": 170,
  "OANDA:EUR_USD": 1.15,
  "OANDA:USD_JPY": 147,
  "OANDA:GBP_USD": 1.34,
};

/**
 * A plausible behaviour for a symbol of Finnhub's naming scheme.
 *
 * `OANDA:` symbols send price updates, symbols of other exchanges trade like crypto currencies,
 * plain ones like US shares. The same name always behaves the same.
 *
 * @param weight Share of the trades relative to the other symbols, > 0.
 */
export function simulatedSymbol(symbol: string, weight = 1): SimulatedSymbol {
  const price = familiarPrices[symbol] ?? madeUpPrice(symbol);
  if (symbol.startsWith("OANDA:")) {
    return { symbol, price, weight, tickSize: price < 20 ? 0.00001 : 0.001, ...forex };
  }
  if (symbol.includes(":")) {
    return { symbol, price, weight, tickSize: price < 1 ? 0.00001 : 0.01, ...crypto };
  }
  return { symbol, price, weight, ...equity };
}

/** Between 20 and 419, decided by the name. */
function madeUpPrice(symbol: string): number {
  let sum = 0;
  for (const char of symbol) sum = (sum * 31 + (char.codePointAt(0) ?? 0)) % 400;
  return 20 + sum;
}
