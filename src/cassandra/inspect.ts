import type { Client } from "cassandra-driver";
import { PipelineError } from "../base/errors.ts";
import type { TableNames } from "./names.ts";
import { shapeFault, type TableRole, type TableShape } from "./table_shapes.ts";

const roles: readonly TableRole[] = ["trades", "tradesByDay", "runningAverages", "candles"];

const columnsOfKeyspace = "SELECT table_name, column_name, kind, position " +
  "FROM system_schema.columns WHERE keyspace_name = ?";

interface Column {
  readonly table: string;
  readonly name: string;
  readonly kind: string;
  readonly position: number;
}

/**
 * Checks the tables that exist.
 *
 * @returns The roles whose tables do not exist yet.
 * @throws {PipelineError} `SINK_REJECTED` when a table of that name cannot hold our rows.
 */
export async function inspectTables(client: Client, names: TableNames): Promise<TableRole[]> {
  const columns = await columnsOf(client, names.keyspace);
  const missing: TableRole[] = [];
  for (const role of roles) {
    const found = columns.filter(({ table }) => table === names[role]);
    if (found.length === 0) missing.push(role);
    else assertUsable(names, role, shapeOf(found));
  }
  return missing;
}

function assertUsable(names: TableNames, role: TableRole, found: TableShape): void {
  const fault = shapeFault(role, found);
  if (fault === undefined) return;
  const table = `${names.keyspace}.${names[role]}`;
  throw new PipelineError("SINK_REJECTED", `Cannot use table "${table}" as ${fault}`, {
    context: { table },
  });
}

async function columnsOf(client: Client, keyspace: string): Promise<Column[]> {
  const rows = await Array.fromAsync(await client.execute(columnsOfKeyspace, [keyspace]));
  return rows.map((row) => ({
    table: String(row["table_name"]),
    name: String(row["column_name"]),
    kind: String(row["kind"]),
    position: Number(row["position"]),
  }));
}

function shapeOf(columns: readonly Column[]): TableShape {
  const ofKind = (kind: string) =>
    columns.filter((column) => column.kind === kind)
      .sort((a, b) => a.position - b.position)
      .map(({ name }) => name);
  return {
    partitionKey: ofKind("partition_key"),
    clusteringKey: ofKind("clustering"),
    columns: [...ofKind("regular"), ...ofKind("static")],
  };
}
