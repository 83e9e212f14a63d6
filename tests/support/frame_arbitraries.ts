import { magnitudeMax, type Trade } from "../../src/market/trade.ts";
import { fc } from "./properties.ts";

/** An entry of `data` as a feed may legally send it. */
export interface LegalEntry {
  readonly c?: (string | null)[] | null;
  readonly p: number;
  readonly s: string;
  readonly t: number;
  readonly v: number;
}

/** The greatest price and the greatest volume whose product a trade may have. */
const bound = Math.sqrt(magnitudeMax) - 1;

const symbols = fc.constantFrom("AAPL", "BINANCE:BTCUSDT", "OANDA:EUR_USD", "IC MARKETS:1", "é€");

/** Entries of a few symbols, so that frames mix and repeat them. */
export const entryArbitrary: fc.Arbitrary<LegalEntry> = fc.record({
  c: fc.oneof(
    fc.constant(null),
    fc.array(fc.constantFrom("1", "12", "41", "", null), { maxLength: 32 }),
  ),
  p: fc.double({ noNaN: true, min: -bound, max: bound }).map(withoutNegativeZero),
  s: symbols,
  t: fc.integer({ min: 40_000_000_000, max: 4_000_000_000_000 }),
  v: fc.oneof(
    fc.constant(0),
    fc.double({ noNaN: true, min: 0, max: bound }).map(withoutNegativeZero),
  ),
}, { requiredKeys: ["p", "s", "t", "v"] });

/** JSON has no negative zero. */
function withoutNegativeZero(value: number): number {
  return value === 0 ? 0 : value;
}

/** The text that carries the entries. */
export function frameText(entries: readonly LegalEntry[]): string {
  return JSON.stringify({ data: entries, type: "trade" });
}

/** The trade that an entry stands for. */
export function entryTrade({ c, p, s, t, v }: LegalEntry): Trade {
  return { symbol: s, price: p, volume: v, eventTimeMs: t, conditions: c ?? null };
}
