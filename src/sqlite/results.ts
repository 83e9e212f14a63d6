import type { DatabaseSync } from "node:sqlite";
import type { Clock } from "../base/clock.ts";
import type { ResultReader } from "../market/queries.ts";
import type { MarketRow } from "../market/rows.ts";
import type { TradesTable } from "../market/tables.ts";
import type { Sink } from "../streams/ports.ts";
import { openDatabase } from "./database.ts";
import { SqliteReader } from "./reader.ts";
import { SqliteSink } from "./sink.ts";

/** Which file holds the results, and how. */
export interface SqliteOptions {
  /** File, created if need be; `:memory:` keeps nothing. Its folder must exist. */
  readonly path: string;
  readonly tradesTables: readonly TradesTable[];
  /** Lifetime of recent trades and running averages, seconds; 0 is without expiry. */
  readonly tradesTtlSeconds: number;
  readonly clock: Clock;
  /** Waits for the disk at every write; without it a power cut takes the last ones away. */
  readonly sync?: boolean;
}

/** An open results file. Owner: the opener. */
export interface SqliteResults extends AsyncDisposable {
  readonly sink: Sink<MarketRow>;
  readonly reader: ResultReader;
  /** Greatest write time of all rows, microseconds; 0 where there are none. Reads every row. */
  lastVersionUs(): number;
}

/**
 * Opens the embedded results file.
 *
 * @throws {PipelineError} `SINK_REJECTED` for a foreign, newer or unreadable file.
 */
export function openSqlite(options: SqliteOptions): SqliteResults {
  const database = openDatabase(options.path, options.sync);
  return {
    sink: new SqliteSink(database, options),
    reader: new SqliteReader(database, options),
    lastVersionUs: () => lastVersionUs(database),
    [Symbol.asyncDispose]() {
      database.close();
      return Promise.resolve();
    },
  };
}

function lastVersionUs(database: DatabaseSync): number {
  const tables = ["trades", "trades_by_day", "running_averages_15_sec", "candles"];
  const each = tables.map((table) => `SELECT max(version_us) AS version FROM ${table}`);
  const row = database.prepare(`SELECT max(version) AS last FROM (${each.join(" UNION ALL ")})`)
    .get();
  return Number(row?.["last"] ?? 0);
}
