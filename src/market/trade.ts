import { hasInvisible, symbolFault } from "../base/symbol.ts";

/** One trade, or a price update when the volume is 0. Has no identity of its own: see `TradeId`. */
export interface Trade {
  readonly symbol: string;
  readonly price: number;
  readonly volume: number;
  /** Finnhub's `t`, epoch ms. */
  readonly eventTimeMs: number;
  /** Finnhub's `c`; `null` when the feed sent none. */
  readonly conditions: readonly (string | null)[] | null;
}

/** Bits of a trade id that number the trades inside one record. */
const indexBits = 16n;

/** Trades one record may hold: what fits into the index part of a trade id. */
export const tradesPerRecordMax: number = 2 ** Number(indexBits);

/** Set in the ids of trades that came through the repartition topic, which counts for itself. */
const rekeyedBit = 1n << 62n;

/**
 * A trade's identity within its symbol's partition: `offset << 16 | index`, and bit 62 for a trade
 * whose record lies in the repartition topic.
 *
 * By place, never by content: identical trades are real, and Finnhub has no trade id.
 */
export function tradeId(
  offset: number,
  index: number,
  { rekeyed = false }: { readonly rekeyed?: boolean } = {},
): bigint {
  const id = (BigInt(offset) << indexBits) | BigInt(index);
  return rekeyed ? id | rekeyedBit : id;
}

/**
 * Earliest event time, epoch ms: 1971. Seconds in place of milliseconds lie before it until the
 * year 2969, in January 1970 today; no feed reaches back that far.
 */
const eventTimeMsMin = Date.UTC(1971);

/**
 * Latest event time, epoch ms: the year 5138. Microseconds in place of milliseconds lie behind it
 * from 1973 on, and nanoseconds a thousand times as far.
 */
const eventTimeMsMax = 1e14 - 1;

/** From here on a time is in nanoseconds rather than microseconds, up to the year 5138 again. */
const nanosecondsMin = 1e17;
const nanosecondsMax = 1e20;

/**
 * Greatest |price|, volume and |price * volume|.
 *
 * Far beyond any market: the whole supply of the cheapest coins is 1e15, all money on Earth about
 * as many dollars. And small enough that nothing computed from trades leaves the finite numbers,
 * whatever trades a window has: there are at most 2^16 in a record and 2^53 records in a partition,
 * so 2^69 < 6e20 in any window. Every sum stays below 6e35, rounding included, where 1.8e308 would
 * be the end. A quotient divides by a count >= 1, or by a volume that is no less than that of each
 * of its trades: |sum(price * volume)| <= 6e20 * 1e15 * volume, so |vwap| < 6e35 again.
 */
export const magnitudeMax = 1e15;

/** Condition codes of one trade, and characters of each. Finnhub sends up to four of up to three. */
const conditionsMax = 32;
const conditionCharsMax = 32;

/**
 * Says why a trade cannot be real, or `undefined` if it can.
 *
 * Prices may be negative (spreads, oil in April 2020), volumes may be fractional or 0.
 */
export function tradeFault(trade: Trade): string | undefined {
  return symbolFault(trade.symbol) ?? tickFault(trade);
}

/** The same for a trade whose symbol is judged elsewhere, once for all trades of a record. */
export function tickFault(trade: Trade): string | undefined {
  return valueFault(trade) ?? timeFault(trade) ?? conditionsFault(trade.conditions);
}

function valueFault({ price, volume }: Trade): string | undefined {
  if (!(Math.abs(price) <= magnitudeMax)) return `price is beyond +-${magnitudeMax}: ${price}`;
  if (!(volume >= 0 && volume <= magnitudeMax)) {
    return `volume is not from 0 to ${magnitudeMax}: ${volume}`;
  }
  const product = price * volume;
  if (Math.abs(product) <= magnitudeMax) return undefined;
  return `price * volume is beyond +-${magnitudeMax}: ${product}`;
}

function timeFault({ eventTimeMs }: Trade): string | undefined {
  if (eventTimeMs >= eventTimeMsMin && eventTimeMs <= eventTimeMsMax) {
    return Number.isInteger(eventTimeMs) ? undefined : notMilliseconds(eventTimeMs);
  }
  if (!(eventTimeMs >= 0 && eventTimeMs < nanosecondsMax)) return notMilliseconds(eventTimeMs);
  if (eventTimeMs < eventTimeMsMin) {
    return `time is before 1971, as seconds in place of milliseconds are: ${eventTimeMs}`;
  }
  const unit = eventTimeMs < nanosecondsMin ? "microseconds" : "nanoseconds";
  return `time is after the year 5138, as ${unit} in place of milliseconds are: ${eventTimeMs}`;
}

function notMilliseconds(eventTimeMs: number): string {
  return `time is not epoch milliseconds: ${eventTimeMs}`;
}

function conditionsFault(conditions: Trade["conditions"]): string | undefined {
  if (conditions === null) return undefined;
  if (conditions.length > conditionsMax) {
    return `more than ${conditionsMax} condition codes: ${conditions.length}`;
  }
  for (const code of conditions) {
    if (code === null) continue;
    if (code.length > conditionCharsMax) {
      return `condition code is longer than ${conditionCharsMax} characters: ${code.length}`;
    }
    if (hasInvisible(code)) return "condition code has a control or format character";
  }
  return undefined;
}
