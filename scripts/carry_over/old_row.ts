import type { TradeRow } from "../../src/market/rows.ts";

/** A row of the old trades table, as it stands in the file; times are epoch ms. */
export interface OldRow {
  readonly symbol: string;
  readonly trade_timestamp: number;
  readonly price: number;
  readonly volume: number;
  /** As the Spark job wrote it: `[1,12]`, `[]` or null. */
  readonly trade_conditions: string | null;
  readonly ingest_timestamp: number;
  /** Epoch microseconds. */
  readonly write_time: number;
}

/**
 * Id of a trade whose place in the topic is no longer known. Real ids are not negative, and the old
 * table has one trade per symbol and millisecond.
 */
export const carriedTradeId = -1n;

/** The row with the write time that it had, so that loading it again changes nothing. */
export function tradeRowOf(row: OldRow): TradeRow {
  return {
    kind: "trade",
    symbol: row.symbol,
    tradeTimeMs: row.trade_timestamp,
    tradeId: carriedTradeId,
    price: row.price,
    volume: row.volume,
    conditions: conditionsOf(row),
    receivedAtMs: row.ingest_timestamp,
    versionUs: row.write_time,
  };
}

/** The codes in the form of today: joined by a comma, `null` where there are none. */
function conditionsOf({ trade_conditions: text }: OldRow): string | null {
  const codes = text?.replace(/^\[(.*)\]$/, "$1").split(",").map((code) => code.trim()) ?? [];
  return codes.join() || null;
}

/**
 * True if the row holds the price of one trade and the volume of another. The Spark job wrote trades
 * of one millisecond with one write time, and then Cassandra keeps the greater value of each column.
 *
 * @param trades All trades of the row's symbol and millisecond.
 */
export function isMixture(
  { price, volume }: OldRow,
  trades: readonly Pick<TradeRow, "price" | "volume">[],
): boolean {
  return !trades.some((trade) => trade.price === price && trade.volume === volume);
}

/**
 * Rows that follow each other and share what `partitionOf` says, in portions.
 *
 * @param rowsMax Length of a portion at most.
 */
export async function* portionsOf(
  rows: AsyncIterable<OldRow>,
  partitionOf: (row: OldRow) => string,
  rowsMax: number,
): AsyncGenerator<readonly [OldRow, ...OldRow[]]> {
  let portion: [OldRow, ...OldRow[]] | undefined;
  for await (const row of rows) {
    const fits = portion !== undefined && portion.length < rowsMax &&
      partitionOf(portion[0]) === partitionOf(row);
    if (portion !== undefined && fits) {
      portion.push(row);
      continue;
    }
    if (portion !== undefined) yield portion;
    portion = [row];
  }
  if (portion !== undefined) yield portion;
}
