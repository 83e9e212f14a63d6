import { tradeColumns, windowColumns } from "../market/tables.ts";
import type { TableNames } from "./names.ts";

/** Key and columns of a table. */
export interface TableShape {
  readonly partitionKey: readonly string[];
  readonly clusteringKey: readonly string[];
  /** Columns outside the key, in any order. */
  readonly columns: readonly string[];
}

/** Tables by their role. */
export type TableRole = Exclude<keyof TableNames, "keyspace">;

/** What the statements of this program need. */
export const expectedShapes: Readonly<Record<TableRole, TableShape>> = {
  trades: {
    partitionKey: ["symbol"],
    clusteringKey: ["trade_timestamp", "trade_id"],
    columns: tradeColumns,
  },
  tradesByDay: {
    partitionKey: ["symbol", "trade_date"],
    clusteringKey: ["trade_timestamp", "trade_id"],
    columns: tradeColumns,
  },
  runningAverages: {
    partitionKey: ["symbol"],
    clusteringKey: ["window_start"],
    columns: windowColumns,
  },
  candles: {
    partitionKey: ["symbol", "resolution", "bucket"],
    clusteringKey: ["window_start"],
    columns: windowColumns,
  },
};

/** Keys of the tables that the Python and Spark predecessor made, and what is wrong with them. */
const predecessors: Partial<Record<TableRole, { clusteringKey: string; loss: string }>> = {
  trades: {
    clusteringKey: "trade_timestamp",
    loss: "trades of one symbol in the same millisecond overwrite each other, which loses every " +
      "second trade of a busy millisecond",
  },
  runningAverages: {
    clusteringKey: "ingest_timestamp",
    loss: "every update adds a row instead of replacing the window it belongs to",
  },
};

const settings: Partial<Record<TableRole, string>> = {
  trades: "CASSANDRA_TRADE_TABLE",
  runningAverages: "CASSANDRA_SUMMARY_TABLE",
};

/**
 * Says why a table that exists cannot be used, or `undefined` if it can.
 *
 * @param found The table's shape in the cluster.
 */
export function shapeFault(role: TableRole, found: TableShape): string | undefined {
  const expected = expectedShapes[role];
  const key = keyText(found);
  if (key !== keyText(expected)) {
    return `its primary key must be ${keyText(expected)}: it is ${key}${explain(role, found)}; ` +
      remedy(role);
  }
  const missing = expected.columns.filter((column) => !found.columns.includes(column));
  if (missing.length === 0) return undefined;
  return `it must have the columns ${missing.join(", ")}: they are missing; ${remedy(role)}`;
}

function keyText({ partitionKey, clusteringKey }: TableShape): string {
  return `(${[`(${partitionKey.join(", ")})`, ...clusteringKey].join(", ")})`;
}

function explain(role: TableRole, found: TableShape): string {
  const predecessor = predecessors[role];
  const old = predecessor !== undefined &&
    keyText(found) === keyText({ ...found, clusteringKey: [predecessor.clusteringKey] }) &&
    found.partitionKey.join() === "symbol";
  if (!old) return "";
  return `, the older layout of the Spark pipeline, with which ${predecessor.loss}; ` +
    "docs/MIGRATION.md shows how to replace it";
}

function remedy(role: TableRole): string {
  const variable = settings[role];
  const rename = variable === undefined ? "" : `set ${variable} to a new name, or `;
  return `${rename}copy what you need and drop the old table, then run "deno task provision"`;
}
