import type { LoadReport } from "./load.ts";
import type { TradesTable } from "./trades_table.ts";

/** What `load` prints: also how many rows may be no trade at all, as far as it can be known. */
export function loadedText({ written, known, mixed }: LoadReport, table: TradesTable): string {
  if (table.form === "old") return `${written} rows written`;
  const counts =
    `${written} rows written, ${known} left out: ${table.name} has them from the topic`;
  if (written === 0) return counts;
  const kind = "the price of one trade with the volume of another of the same millisecond";
  if (known === 0) {
    return `${counts}\nSome of those written may hold ${kind}; how many cannot be measured, as the ` +
      "topic has none of them";
  }
  const share = mixed / known;
  return `${counts}\n${mixed} of those left out (${(share * 100).toFixed(1)} %) hold ${kind}; ` +
    `so may about ${Math.round(share * written)} of those written`;
}
