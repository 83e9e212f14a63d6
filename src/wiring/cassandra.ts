import { withoutBrackets } from "../base/host.ts";
import type { CassandraConfig } from "../app/cassandra_settings.ts";
import type { MainContext } from "../app/lifecycle.ts";
import type { CassandraOptions } from "../cassandra/connect.ts";
import type { TradesTable } from "../market/tables.ts";
import type { Authorities } from "./authorities.ts";

/** The settings in the adapter's words. */
export function cassandraOptions(
  config: CassandraConfig,
  { clock, logger }: Pick<MainContext, "clock" | "logger">,
  more: {
    readonly authorities: Authorities;
    readonly tradesTables?: readonly TradesTable[];
    readonly replicationFactor?: number;
  },
): CassandraOptions {
  const { cassandraUsername: username, cassandraPassword: password, cassandraTls } = config;
  const { cassandra: authorities } = more.authorities;
  const tls = authorities === undefined ? {} : { authorities };
  return {
    contactPoints: config.cassandraHosts.map(withoutBrackets),
    port: config.cassandraPort,
    datacenter: config.cassandraDatacenter,
    keyspace: config.cassandraKeyspace,
    tradeTable: config.cassandraTradeTable,
    summaryTable: config.cassandraSummaryTable,
    tradesTtlSeconds: config.tradesTtlSeconds,
    tradesTables: more.tradesTables ?? [],
    ...(more.replicationFactor === undefined ? {} : { replicationFactor: more.replicationFactor }),
    ...(username === undefined || password === undefined
      ? {}
      : { credentials: { username, password } }),
    ...(cassandraTls ? { tls } : {}),
    clock,
    logger,
  };
}
