import type { Random } from "../base/random.ts";
import type { SimulatedSymbol } from "./simulated_symbol.ts";

/**
 * Typical change of the price from trade to trade, relative. Trends make it five times as much in
 * the long run: about 0.1 % within 300 trades.
 */
const volatility = 0.000012;

/** How much of a trend is left after each trade. */
const persistence = 0.98;

/** Pull back to the starting price at each trade, relative to the distance. */
const reversion = 0.0002;

/** Prices and volumes of one simulated symbol: a random walk with trends around a level. */
export class PriceWalk {
  readonly #terms: SimulatedSymbol;
  readonly #random: Random;
  readonly #priceDigits: number;
  readonly #volumeDigits: number;
  #level: number;
  #trend = 0;

  constructor(terms: SimulatedSymbol, random: Random) {
    this.#terms = terms;
    this.#random = random;
    this.#priceDigits = digitsOf(terms.tickSize);
    this.#volumeDigits = digitsOf(terms.lotSize);
    this.#level = terms.price;
  }

  /**
   * The price of the next trade, a positive multiple of the tick size.
   *
   * @param agitation Factor on the size of the moves; 1 = calm.
   */
  step(agitation: number): number {
    const { price, tickSize } = this.#terms;
    const move = volatility * agitation;
    this.#trend = this.#trend * persistence + this.#gaussian() * move * 0.1;
    const pull = (price - this.#level) / price * reversion;
    this.#level *= 1 + this.#gaussian() * move + this.#trend + pull;
    const side = this.#random.next() < 0.5 ? -0.5 : 0.5;
    const ticks = Math.max(1, Math.round(this.#level / tickSize + side));
    return Number((ticks * tickSize).toFixed(this.#priceDigits));
  }

  /**
   * The volume of the next trade: mostly small, at times many times the typical one.
   *
   * @param factor On the typical volume.
   */
  volume(factor = 1): number {
    const { lotSize, typicalLots } = this.#terms;
    if (lotSize === 0) return 0;
    const lots = Math.max(1, Math.round(typicalLots * factor * Math.exp(this.#gaussian() * 1.2)));
    return Number((lots * lotSize).toFixed(this.#volumeDigits));
  }

  /** Nearly normal, mean 0, variance 1: the sum of four uniform numbers, centred and scaled. */
  #gaussian(): number {
    const random = this.#random;
    const sum = random.next() + random.next() + random.next() + random.next();
    return (sum - 2) * Math.sqrt(3);
  }
}

/** Decimal places of a step such as 0.01. */
function digitsOf(step: number): number {
  return step > 0 ? Math.max(0, Math.ceil(-Math.log10(step))) : 0;
}
