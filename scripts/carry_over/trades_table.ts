import type { Client } from "cassandra-driver";
import { PipelineError } from "../../src/base/errors.ts";
import { tableNames } from "../../src/cassandra/names.ts";
import { cassandraError } from "../../src/cassandra/errors.ts";
import type { CarryOverConfig } from "./carry_over_config.ts";

/** The trades table as it is. */
export interface TradesTable {
  /** With its keyspace. */
  readonly name: string;
  /** `old`: the Python and Spark pipeline's. */
  readonly form: "old" | "new";
}

const columnsOfTable = "SELECT column_name FROM system_schema.columns " +
  "WHERE keyspace_name = ? AND table_name = ?";

/**
 * Looks at the table that `CASSANDRA_TRADE_TABLE` names.
 *
 * @throws {PipelineError} `SINK_REJECTED` if there is none, or one of another pipeline.
 */
export async function inspectTradesTable(
  client: Client,
  config: CarryOverConfig,
): Promise<TradesTable> {
  const { keyspace, trades } = tableNames({
    keyspace: config.cassandraKeyspace,
    tradeTable: config.cassandraTradeTable,
    summaryTable: config.cassandraSummaryTable,
  });
  const name = `${keyspace}.${trades}`;
  const { rows } = await client.execute(columnsOfTable, [keyspace, trades])
    .catch((error: unknown) => {
      throw cassandraError(`look at table "${name}"`, error);
    });
  const columns = rows.map((row) => String(row["column_name"]));
  if (!oldColumns.every((column) => columns.includes(column))) {
    const found = columns.length === 0 ? "it does not exist" : `it has ${columns.join(", ")}`;
    throw new PipelineError(
      "SINK_REJECTED",
      `Cannot use table "${name}" as it must have the columns ${
        oldColumns.join(", ")
      }: ${found}; ` +
        "check CASSANDRA_KEYSPACE and CASSANDRA_TRADE_TABLE",
      { context: { table: name } },
    );
  }
  return { name, form: columns.includes("trade_id") ? "new" : "old" };
}

/** Columns that both forms have. */
export const oldColumns: readonly string[] = [
  "symbol",
  "trade_timestamp",
  "price",
  "volume",
  "trade_conditions",
  "ingest_timestamp",
];
