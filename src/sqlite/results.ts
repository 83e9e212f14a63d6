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
  /** Lifetime of recent trades and running averages, seconds; 0 is for ever. */
  readonly tradesTtlSeconds: number;
  readonly clock: Clock;
}

/** An open results file. Owner: whoever opened it. */
export interface SqliteResults extends AsyncDisposable {
  readonly sink: Sink<MarketRow>;
  readonly reader: ResultReader;
}

/**
 * Opens the embedded results file.
 *
 * @throws {PipelineError} `SINK_REJECTED` for a foreign, newer or unreadable file.
 */
export function openSqlite(options: SqliteOptions): SqliteResults {
  const database = openDatabase(options.path);
  return {
    sink: new SqliteSink(database, options),
    reader: new SqliteReader(database, options),
    [Symbol.asyncDispose]() {
      database.close();
      return Promise.resolve();
    },
  };
}
