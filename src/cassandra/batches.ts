import type { Bound, Insert } from "./statements.ts";

/**
 * Rows per batch. More cost the server little and save the client round trips; beyond about a
 * hundred there is no gain, and one slow batch holds up more of the others.
 */
export const batchRowsMax = 100;

/**
 * Estimated bytes per batch, below the 50 KiB at which Cassandra's default
 * `batch_size_fail_threshold` refuses. (Batches of one partition are exempt in Cassandra 4 and 5.)
 */
export const batchBytesMax: number = 40 * 1_024;

/** Fixed part of a row's estimate: its numbers with their lengths, statement id and write time. */
const rowOverheadBytes = 200;

/** One prepared statement with its values, as the driver takes it. */
export interface BoundStatement {
  readonly query: string;
  readonly params: readonly Bound[];
}

/** Statements for rows of one partition. */
export type Batch = readonly BoundStatement[];

/** Groups rows by partition and cuts each group into bounded batches; keeps their order. */
export function batchesOf<Row extends { readonly symbol: string; readonly versionUs: number }>(
  rows: readonly Row[],
  insert: Insert<Row>,
): Batch[] {
  const groups = Map.groupBy(rows, insert.partitionOf);
  return [...groups.values()].flatMap((group) => batchesOfPartition(group, insert));
}

function batchesOfPartition<Row extends { readonly versionUs: number }>(
  rows: readonly Row[],
  insert: Insert<Row>,
): Batch[] {
  const [first] = rows;
  if (first === undefined) return [];
  const partitionKey = insert.partitionKeyOf(first);
  const statements = rows.map((row) => ({
    query: insert.query,
    params: [...partitionKey, ...insert.valuesOf(row), row.versionUs, insert.ttlSeconds],
  }));
  return cut(statements);
}

function cut(statements: readonly BoundStatement[]): Batch[] {
  const batches: BoundStatement[][] = [];
  let batch: BoundStatement[] = [];
  let bytes = 0;
  for (const statement of statements) {
    const more = estimatedBytes(statement);
    const full = batch.length === batchRowsMax || bytes + more > batchBytesMax;
    if (batch.length === 0 || full) {
      batch = [];
      bytes = 0;
      batches.push(batch);
    }
    batch.push(statement);
    bytes += more;
  }
  return batches;
}

/** An upper bound: a character of text takes at most three bytes per UTF-16 unit. */
function estimatedBytes({ params }: BoundStatement): number {
  return params.reduce<number>(
    (bytes, value) => bytes + (typeof value === "string" ? 3 * value.length : 0),
    rowOverheadBytes,
  );
}
