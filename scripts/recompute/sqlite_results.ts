import { DatabaseSync } from "node:sqlite";
import {
  resolutions,
  type Results,
  type ResultWindow,
  summarySizeMs,
  type TableChoice,
  type TradeCount,
  type TradeTable,
  windowColumns,
} from "./results.ts";

/** The results in an SQLite file, which is only read. */
export function sqliteResults(path: string, choice: TableChoice): Results {
  const database = new DatabaseSync(path, { readOnly: true });
  const { tradeTable, summaryTable, tradesTables } = choice;
  return {
    windowTables: [
      { name: summaryTable, sizeMs: summarySizeMs, rows: rowsOf(database, summaryTable) },
      ...resolutions.map(([resolution, sizeMs]) => ({
        name: `candles ${resolution}`,
        sizeMs,
        rows: rowsOf(database, `candles WHERE resolution = '${resolution}'`),
      })),
    ],
    tradeTables: tradesTables.map((kind) =>
      kind === "recent"
        ? countTable(database, tradeTable, ["symbol"])
        : countTable(database, "trades_by_day", ["symbol", "trade_date"])
    ),
    [Symbol.asyncDispose]: () => Promise.resolve(database.close()),
  };
}

function rowsOf(database: DatabaseSync, from: string): () => AsyncIterable<ResultWindow> {
  const statement = database.prepare(`SELECT ${windowColumns.join(", ")} FROM ${from}`);
  return async function* () {
    await Promise.resolve();
    for (const row of statement.iterate()) {
      yield { ...row, final: row["final"] === 1 } as unknown as ResultWindow;
    }
  };
}

function countTable(
  database: DatabaseSync,
  name: string,
  columns: readonly string[],
): TradeTable {
  const key = columns.join(", ");
  const statement = database.prepare(`SELECT ${key}, COUNT(*) AS n FROM ${name} GROUP BY ${key}`);
  return {
    name,
    byDay: columns.includes("trade_date"),
    counts: () =>
      Promise.resolve(
        statement.all().map((row): TradeCount => ({
          symbol: String(row["symbol"]),
          ...(row["trade_date"] === undefined ? {} : { date: String(row["trade_date"]) }),
          count: Number(row["n"]),
        })),
      ),
  };
}
