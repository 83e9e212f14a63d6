import { pairOf, usdPrice } from "./simulated_prices.ts";

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

/** Worth of a typical trade of crypto currencies, US dollars. */
const typicalCryptoUsd = 1_500;

/**
 * A plausible behaviour for a symbol of Finnhub's naming scheme, the same for the same name.
 *
 * A pair of currencies (`BINANCE:ETHBTC`, `OANDA:EUR_USD`, `ETHBTC`) has the price of one in the
 * other; symbols of the exchanges below send price updates without volume, those of others trade
 * like crypto currencies. Everything else trades like a US share.
 *
 * @param weight Share of the trades relative to the other symbols, > 0.
 */
export function simulatedSymbol(symbol: string, weight = 1): SimulatedSymbol {
  const [exchange, name] = splitExchange(symbol);
  const pair = pairOf(name);
  if (pair === undefined && exchange === "") {
    const price = usdPrice(name) ?? madeUpPrice(symbol);
    const equity = { tickSize: 0.01, lotSize: 1, typicalLots: 60, conditions: "codes" } as const;
    return { symbol, price, weight, ...equity };
  }
  const price = pair?.price ?? usdPrice(name) ?? madeUpPrice(symbol);
  const tickSize = tickOf(price, exchange);
  const lots = forexExchanges.has(exchange) ? noVolume : cryptoLots(pair?.baseUsd ?? price);
  return { symbol, price, weight, tickSize, ...lots, conditions: "none" };
}

/** Where currencies and metals are quoted, not traded. */
const forexExchanges: ReadonlySet<string> = new Set(["OANDA", "FXCM", "FOREX", "IC MARKETS"]);

const noVolume = { lotSize: 0, typicalLots: 0 } as const;

function splitExchange(symbol: string): [exchange: string, name: string] {
  const colon = symbol.indexOf(":");
  return [symbol.slice(0, Math.max(0, colon)), symbol.slice(colon + 1)];
}

/** Five significant digits, as exchanges have it; of quoted pairs a tenth of a pip. */
function tickOf(price: number, exchange: string): number {
  if (forexExchanges.has(exchange)) return price < 20 ? 0.00001 : 0.001;
  return Math.min(0.01, powerOfTen(Math.floor(Math.log10(price)) - 4));
}

/** Lots of about a cent's worth, whole coins at most. */
function cryptoLots(coinUsd: number): Pick<SimulatedSymbol, "lotSize" | "typicalLots"> {
  const typicalCoins = typicalCryptoUsd / coinUsd;
  const lotSize = Math.min(1, powerOfTen(Math.floor(Math.log10(typicalCoins)) - 3));
  return { lotSize, typicalLots: typicalCoins / lotSize };
}

/** Without the error of `10 ** n`: the number that is written so. */
function powerOfTen(exponent: number): number {
  return Number(`1e${exponent}`);
}

/** Between 20 and 419, decided by the name. */
function madeUpPrice(symbol: string): number {
  let sum = 0;
  for (const char of symbol) sum = (sum * 31 + (char.codePointAt(0) ?? 0)) % 400;
  return 20 + sum;
}
