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
 * Latest event time, epoch ms: the year 144683. Avro writes a long doubled, and a number holds 53
 * bits.
 */
const eventTimeMsMax = 2 ** 52 - 1;

/**
 * Says why a trade cannot be real, or `undefined` if it can.
 *
 * Prices may be negative (spreads, oil in April 2020), volumes may be fractional or 0.
 */
export function tradeFault(trade: Trade): string | undefined {
  if (trade.symbol === "") return "symbol is empty";
  if (!Number.isFinite(trade.price)) return `price is not finite: ${trade.price}`;
  if (!Number.isFinite(trade.volume) || trade.volume < 0) {
    return `volume is not a finite number >= 0: ${trade.volume}`;
  }
  const { eventTimeMs } = trade;
  if (!Number.isSafeInteger(eventTimeMs) || eventTimeMs < 0 || eventTimeMs > eventTimeMsMax) {
    return `time is not epoch milliseconds: ${trade.eventTimeMs}`;
  }
  return undefined;
}
