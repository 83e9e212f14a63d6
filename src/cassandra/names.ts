import { PipelineError } from "../base/errors.ts";

/** Names of keyspace and tables as the user wrote them. */
export interface NameSettings {
  readonly keyspace: string;
  /** `CASSANDRA_TRADE_TABLE`. */
  readonly tradeTable: string;
  /** `CASSANDRA_SUMMARY_TABLE`. */
  readonly summaryTable: string;
}

/** Where each kind of row goes: names in lower case, as Cassandra keeps unquoted ones. */
export interface TableNames {
  readonly keyspace: string;
  readonly trades: string;
  readonly tradesByDay: string;
  readonly runningAverages: string;
  readonly candles: string;
}

/** Tables whose names are not a setting. */
const fixedNames = ["trades_by_day", "candles", "schema_migrations"];

/** Cassandra allows 48 characters. */
const identifier = /^[A-Za-z][A-Za-z0-9_]{0,47}$/;

/**
 * Checks the names, which become part of statements.
 *
 * @throws {PipelineError} `CONFIG_INVALID` with every name that is not usable.
 */
export function tableNames(settings: NameSettings): TableNames {
  const problems = nameProblems(settings);
  if (problems.length > 0) {
    throw new PipelineError("CONFIG_INVALID", `Cannot name tables as ${problems.join("; ")}`);
  }
  return {
    keyspace: settings.keyspace.toLowerCase(),
    trades: settings.tradeTable.toLowerCase(),
    tradesByDay: "trades_by_day",
    runningAverages: settings.summaryTable.toLowerCase(),
    candles: "candles",
  };
}

function nameProblems({ keyspace, tradeTable, summaryTable }: NameSettings): string[] {
  const illegal = [keyspace, tradeTable, summaryTable].filter((name) => !identifier.test(name))
    .map((name) => `"${name}" must be a letter and at most 47 letters, digits or underscores`);
  const tables = [tradeTable, summaryTable].map((name) => name.toLowerCase());
  const taken = tables.filter((name) => fixedNames.includes(name))
    .map((name) => `"${name}" must differ from the tables ${fixedNames.join(", ")}`);
  const same = tables[0] === tables[1]
    ? [`the tables of trades and running averages must differ: both are "${tradeTable}"`]
    : [];
  return [...illegal, ...taken, ...same];
}
