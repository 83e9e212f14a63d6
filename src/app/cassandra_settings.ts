import { systemClock } from "../base/clock.ts";
import type { Secret } from "../base/secret.ts";
import { boolean, cassandraName, distinctList, host, integer, nonEmpty } from "./forms.ts";
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
  /** Lifetime of recent trades and of 15-second windows, seconds; 0 is for no end. */
  readonly tradesTtlSeconds: number;
}

const cassandraHosts: Setting<readonly string[]> = {
  variable: "CASSANDRA_HOST",
  group: "results",
  form: "host[,host…], each once",
  meaning: "Cassandra nodes to contact first",
  defaultText: "cassandra",
  parse: distinctList(host),
};

const cassandraPort: Setting<number> = {
  variable: "CASSANDRA_PORT",
  group: "results",
  form: "a port number from 1 to 65535",
  meaning: "their CQL port",
  defaultText: "9042",
  parse: integer(1, 65_535),
};

const cassandraDatacenter: Setting<string> = {
  variable: "CASSANDRA_DATACENTER",
  group: "results",
  form: "a data-centre name",
  meaning: "the data centre to write to",
  defaultText: "datacenter1",
  parse: nonEmpty,
};

const cassandraNameForm = "a name (lower-case letter, then letters, digits, underscore; 48)";

export const cassandraKeyspace: Setting<string> = {
  variable: "CASSANDRA_KEYSPACE",
  group: "results",
  form: cassandraNameForm,
  meaning: "keyspace of the tables",
  defaultText: "market",
  parse: cassandraName,
};

const cassandraTradeTable: Setting<string> = {
  variable: "CASSANDRA_TRADE_TABLE",
  group: "results",
  form: cassandraNameForm,
  meaning: "table of the raw trades",
  defaultText: "trades",
  parse: cassandraName,
};

const cassandraSummaryTable: Setting<string> = {
  variable: "CASSANDRA_SUMMARY_TABLE",
  group: "results",
  form: cassandraNameForm,
  meaning: "table of the 15-second windows",
  defaultText: "running_averages_15_sec",
  parse: cassandraName,
};

/** Of a new keyspace. */
export const cassandraReplicationFactor: Setting<number> = {
  variable: "CASSANDRA_REPLICATION_FACTOR",
  group: "results",
  form: "a whole number from 1 to 9",
  meaning: "copies of each row in a new keyspace",
  defaultText: "1",
  parse: integer(1, 9),
};

const username: Setting<string | undefined> = {
  variable: "CASSANDRA_USERNAME",
  group: "results",
  form: "a user name",
  meaning: "user name for Cassandra",
  parse: nonEmpty,
};

const password: Setting<Secret | undefined> = {
  ...settings.secretText,
  variable: "CASSANDRA_PASSWORD",
  group: "results",
  meaning: "that user's password",
};

const tls: Setting<boolean> = {
  variable: "CASSANDRA_TLS",
  group: "results",
  form: "true or false",
  meaning: "encrypt the connections to Cassandra, and verify its nodes",
  defaultText: "false",
  parse: boolean,
};

const caFile: Setting<string | undefined> = {
  variable: "CASSANDRA_CA_FILE",
  group: "results",
  path: "file",
  form: "a PEM file of certificates",
  meaning: "certificate authorities trusted for the nodes; without it those of the system",
  parse: nonEmpty,
};

/** Shared by the programs that create and that fill the tables. */
export const cassandraSettings: SettingsOf<CassandraConfig> = {
  cassandraHosts,
  cassandraPort,
  cassandraDatacenter,
  cassandraUsername: username,
  cassandraPassword: password,
  cassandraTls: tls,
  cassandraCaFile: caFile,
  cassandraKeyspace,
  cassandraTradeTable,
  cassandraSummaryTable,
  tradesTtlSeconds: settings.tradesTtlSeconds,
};

/**
 * The last moment at which Cassandra lets a row expire, as its nodes keep it in 31 bits; what
 * would live longer is refused, row by row.
 *
 * @see org.apache.cassandra.db.ExpirationDateOverflowHandling
 */
const lastExpiryMs = Date.UTC(2038, 0, 19, 3, 14, 6);

/** How long a program that starts may run without coming to that moment, days. */
const runningDays = 365;

/** A login is complete; an authority needs TLS; rows may live as long as they are to. */
export function cassandraContradictions(
  config: CassandraConfig,
  nowMs: number = systemClock.nowMs(),
): string[] {
  const problems = loginContradictions({
    CASSANDRA_USERNAME: config.cassandraUsername,
    CASSANDRA_PASSWORD: config.cassandraPassword,
  });
  const daysMax = Math.max(0, Math.floor((lastExpiryMs - nowMs) / 86_400_000) - runningDays);
  if (config.tradesTtlSeconds > daysMax * 86_400) {
    problems.push(
      `TRADES_TTL must be at most ${daysMax}d, or 0 for no end: Cassandra's last expiry is ` +
        "2038-01-19, and the program may run for a year",
    );
  }
  if (config.cassandraCaFile !== undefined && !config.cassandraTls) {
    problems.push("CASSANDRA_CA_FILE must be absent with CASSANDRA_TLS=false: it is given");
  }
  return problems;
}
