/**
 * - `all`: every trade moves price and volume, as in the original
 * - `consolidated`: a trade moves what its condition codes let it move, as in the published bars of
 *   US equities
 */
export type ConditionPolicy = "all" | "consolidated";

/** The policies, the default first. */
export const conditionPolicies: readonly ConditionPolicy[] = ["all", "consolidated"];

/** What a trade may move, as bits. */
export const moves = { last: 1, highLow: 2, volume: 4 } as const;

const everything = moves.last | moves.highLow | moves.volume;
const nothing = 0;
const { highLow, volume } = moves;

/**
 * What a code lets a trade move; codes that are not listed let it move everything.
 *
 * Names: Finnhub's sheet of US trade conditions. Rules: that sheet's market-centre columns as one
 * public client reads them, which also lets Form-T (24) move prices, so that extended hours have
 * candles.
 */
const movesByCode: ReadonlyMap<string, number> = new Map<string, number>([
  ["3", volume], // Average Price
  ["5", volume], // Cash Sale
  ["9", highLow | volume], // Bunched Sold
  ["10", volume], // Price Variation
  ["11", volume], // Cap Election
  ["12", volume], // Odd Lot
  ["16", nothing], // Market Centre Official Close
  ["17", volume], // Next Day
  ["18", highLow | volume], // Market Centre Opening
  ["20", highLow], // Market Centre Official Open
  ["21", highLow | volume], // Prior Reference Price
  ["22", volume], // Seller
  ["25", volume], // Extended Hours (Sold Out Of Sequence)
  ["26", volume], // Contingent
  ["27", nothing], // Stock Option
  ["30", highLow | volume], // Sold (Out Of Sequence)
  ["31", nothing], // Stopped Stock
  ["32", highLow | volume], // Derivatively Priced
  ["34", nothing], // Re-opening Prints
  ["36", nothing], // Closing Prints
  ["37", volume], // Qualified Contingent
  ["38", nothing], // Placeholder 611 Exempt
  ["39", nothing], // Corrected Consolidated Close
  ["40", nothing], // Opened
  ["41", nothing], // Trade Through Exempt
]);

/**
 * What a trade with these codes may move under `consolidated`: what each of them lets it move.
 *
 * @param conditions As in a trade; none means a regular one.
 * @returns Bits of `moves`.
 * @see The Consolidated Tape System's output specification: several conditions are joined by AND
 */
export function movesOf(conditions: readonly (string | null)[] | null): number {
  let allowed = everything;
  if (conditions === null) return allowed;
  for (const code of conditions) {
    if (code !== null) allowed &= movesByCode.get(code) ?? everything;
  }
  return allowed;
}
