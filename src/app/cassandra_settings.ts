import type { SettingsOf } from "./setting.ts";
import * as settings from "./settings.ts";

/** Where the result tables are. */
export interface CassandraConfig {
  /** Contact points without ports. */
  readonly cassandraHosts: readonly string[];
  readonly cassandraPort: number;
  readonly cassandraDatacenter: string;
  readonly cassandraKeyspace: string;
  readonly cassandraTradeTable: string;
  readonly cassandraSummaryTable: string;
  /** Lifetime of recent trades and of 15-second windows, seconds; 0 is for ever. */
  readonly tradesTtlSeconds: number;
}

/** Shared by the programs that create and that fill the tables. */
export const cassandraSettings: SettingsOf<CassandraConfig> = {
  cassandraHosts: settings.cassandraHosts,
  cassandraPort: settings.cassandraPort,
  cassandraDatacenter: settings.cassandraDatacenter,
  cassandraKeyspace: settings.cassandraKeyspace,
  cassandraTradeTable: settings.cassandraTradeTable,
  cassandraSummaryTable: settings.cassandraSummaryTable,
  tradesTtlSeconds: settings.tradesTtlSeconds,
};
