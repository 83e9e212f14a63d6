import { createHash } from "node:crypto";
import { assert } from "../base/assert.ts";
import keyspace from "../../cql/001_keyspace.cql" with { type: "text" };
import trades from "../../cql/002_trades.cql" with { type: "text" };
import tradesByDay from "../../cql/003_trades_by_day.cql" with { type: "text" };
import runningAverages from "../../cql/004_running_averages_15_sec.cql" with { type: "text" };
import candles from "../../cql/005_candles.cql" with { type: "text" };
import tradesGcGrace from "../../cql/006_trades_gc_grace.cql" with { type: "text" };
import averagesGcGrace from "../../cql/007_running_averages_gc_grace.cql" with { type: "text" };
import schemaMigrations from "../../cql/schema_migrations.cql" with { type: "text" };
import type { TableNames } from "./names.ts";

/** One numbered file of `cql/`: a statement with `{{placeholders}}`. */
export interface MigrationFile {
  readonly name: string;
  readonly template: string;
  /** What it makes or changes; a file is applied once for each name that this takes. */
  readonly target: keyof TableNames;
}

/** The numbered files in order; only ever appended to. */
export const migrationFiles: readonly MigrationFile[] = [
  { name: "001_keyspace.cql", template: keyspace, target: "keyspace" },
  { name: "002_trades.cql", template: trades, target: "trades" },
  { name: "003_trades_by_day.cql", template: tradesByDay, target: "tradesByDay" },
  {
    name: "004_running_averages_15_sec.cql",
    template: runningAverages,
    target: "runningAverages",
  },
  { name: "005_candles.cql", template: candles, target: "candles" },
  { name: "006_trades_gc_grace.cql", template: tradesGcGrace, target: "trades" },
  {
    name: "007_running_averages_gc_grace.cql",
    template: averagesGcGrace,
    target: "runningAverages",
  },
];

/** The statement for the table in which applied files are noted. */
export const schemaMigrationsTemplate: string = schemaMigrations;

/** Values for the placeholders. */
export interface Placeholders {
  readonly names: TableNames;
  /** How many replicas of each row the data centre keeps. */
  readonly replicationFactor: number;
  readonly datacenter: string;
}

/**
 * Fills the placeholders of a statement.
 *
 * @throws {InvariantError} If the template holds a placeholder without a value.
 */
export function renderStatement(template: string, placeholders: Placeholders): string {
  const { names } = placeholders;
  const values: Readonly<Record<string, string>> = {
    keyspace: names.keyspace,
    trades: names.trades,
    running_averages: names.runningAverages,
    replication: replication(placeholders),
  };
  return template.replaceAll(/\{\{(\w*)\}\}/g, (_match, name: string) => {
    const value = values[name];
    assert(value !== undefined, `unknown placeholder in a statement: ${name}`);
    return value;
  });
}

function replication({ datacenter, replicationFactor }: Placeholders): string {
  const quoted = `'${datacenter.replaceAll("'", "''")}'`;
  return `{'class': 'NetworkTopologyStrategy', ${quoted}: ${replicationFactor}}`;
}

/** Identifies a file's text, whatever the placeholders are filled with. */
export function checksumOf(template: string): string {
  return createHash("sha256").update(template).digest("hex");
}
