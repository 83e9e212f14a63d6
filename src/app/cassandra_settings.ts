import type { Secret } from "../base/secret.ts";
import { boolean, nonEmpty } from "./forms.ts";
import { loginContradictions } from "./login.ts";
import type { Setting, SettingsOf } from "./setting.ts";
import * as settings from "./settings.ts";

/** Where the result tables are. */
export interface CassandraConfig {
  /** Contact points without ports. */
  readonly cassandraHosts: readonly string[];
  readonly cassandraPort: number;
  readonly cassandraDatacenter: string;
  readonly cassandraUsername: string | undefined;
  readonly cassandraPassword: Secret | undefined;
  readonly cassandraTls: boolean;
  /** PEM file of the authorities to trust; without it those of the system. */
  readonly cassandraCaFile: string | undefined;
  readonly cassandraKeyspace: string;
  readonly cassandraTradeTable: string;
  readonly cassandraSummaryTable: string;
  /** Lifetime of recent trades and of 15-second windows, seconds; 0 is for ever. */
  readonly tradesTtlSeconds: number;
}

const username: Setting<string | undefined> = {
  variable: "CASSANDRA_USERNAME",
  form: "a user name",
  meaning: "who logs in to Cassandra",
  parse: nonEmpty,
};

const password: Setting<Secret | undefined> = {
  ...settings.secretText,
  variable: "CASSANDRA_PASSWORD",
  meaning: "that user's password",
};

const tls: Setting<boolean> = {
  variable: "CASSANDRA_TLS",
  form: "true or false",
  meaning: "encrypt the connections to Cassandra, and check who answers",
  defaultText: "false",
  parse: boolean,
};

const caFile: Setting<string | undefined> = {
  variable: "CASSANDRA_CA_FILE",
  form: "a PEM file of certificates",
  meaning: "whose signature on the nodes' certificates counts; without it the system's list",
  parse: nonEmpty,
};

/** Shared by the programs that create and that fill the tables. */
export const cassandraSettings: SettingsOf<CassandraConfig> = {
  cassandraHosts: settings.cassandraHosts,
  cassandraPort: settings.cassandraPort,
  cassandraDatacenter: settings.cassandraDatacenter,
  cassandraUsername: username,
  cassandraPassword: password,
  cassandraTls: tls,
  cassandraCaFile: caFile,
  cassandraKeyspace: settings.cassandraKeyspace,
  cassandraTradeTable: settings.cassandraTradeTable,
  cassandraSummaryTable: settings.cassandraSummaryTable,
  tradesTtlSeconds: settings.tradesTtlSeconds,
};

/** A login is complete; an authority needs TLS. */
export function cassandraContradictions(config: CassandraConfig): string[] {
  const problems = loginContradictions({
    CASSANDRA_USERNAME: config.cassandraUsername,
    CASSANDRA_PASSWORD: config.cassandraPassword,
  });
  if (config.cassandraCaFile !== undefined && !config.cassandraTls) {
    problems.push("CASSANDRA_CA_FILE must be absent with CASSANDRA_TLS=false: it is given");
  }
  return problems;
}
