import type { CassandraConfig } from "../app/cassandra_settings.ts";
import type { MainContext } from "../app/lifecycle.ts";
import type { CassandraOptions } from "../cassandra/connect.ts";
import type { TradesTable } from "../market/tables.ts";

/** The settings in the adapter's words. */
export function cassandraOptions(
  config: CassandraConfig,
  { clock, logger }: MainContext,
  more: { readonly tradesTables?: readonly TradesTable[]; readonly replicationFactor?: number } =
    {},
): CassandraOptions {
  return {
    contactPoints: config.cassandraHosts,
    port: config.cassandraPort,
    datacenter: config.cassandraDatacenter,
    keyspace: config.cassandraKeyspace,
    tradeTable: config.cassandraTradeTable,
    summaryTable: config.cassandraSummaryTable,
    tradesTtlSeconds: config.tradesTtlSeconds,
    tradesTables: more.tradesTables ?? [],
    ...(more.replicationFactor === undefined ? {} : { replicationFactor: more.replicationFactor }),
    clock,
    logger,
  };
}
