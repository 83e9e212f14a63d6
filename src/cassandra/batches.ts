import { Buffer } from "node:buffer";
import { types } from "cassandra-driver";
import type { Bound, Insert } from "./statements.ts";

/**
 * Rows per batch: about what a busy symbol gathers in a second, so that its rows travel together.
 * With 300 in place of 100, client and server need a fifth less of their time for a row; one batch
 * occupies a server for about 6 ms.
 */
export const batchRowsMax = 300;

/**
 * Estimated bytes per batch. Those of one partition are exempt from Cassandra's
 * `batch_size_fail_threshold`; what bounds them is a mutation of 16 MiB, which this is far below.
 * Rows of usual size reach `batchRowsMax` first (300 rows are about 66 KiB).
 */
export const batchBytesMax: number = 128 * 1_024;

/** Fixed part of a row's estimate: its numbers with their lengths, statement id and write time. */
const rowOverheadBytes = 200;

/** One prepared statement with its values, as the driver takes it. */
export interface BoundStatement {
  readonly query: string;
  readonly params: Bound[];
}

/** Statements for rows of one partition. */
export type Batch = BoundStatement[];

/**
 * Groups rows by partition and cuts each group into bounded batches; keeps their order.
 *
 * Each batch is made when it is asked for, so that the first ones are on their way while the others
 * are bound.
 */
export function* batchesOf<Row extends { readonly symbol: string; readonly versionUs: number }>(
  rows: readonly Row[],
  insert: Insert<Row>,
): Generator<Batch> {
  for (const group of Map.groupBy(rows, insert.partitionOf).values()) {
    yield* batchesOfPartition(group, insert);
  }
}

function* batchesOfPartition<Row extends { readonly versionUs: number }>(
  rows: readonly Row[],
  insert: Insert<Row>,
): Generator<Batch> {
  const [first] = rows;
  if (first === undefined) return;
  const partitionKey = insert.partitionKeyOf(first).map(encodeKeyPart);
  let batch: Batch = [];
  let bytes = 0;
  for (const row of rows) {
    const values = insert.valuesOf(row);
    const more = estimatedBytes(partitionKey) + estimatedBytes(values) + rowOverheadBytes;
    if (batch.length === batchRowsMax || (batch.length > 0 && bytes + more > batchBytesMax)) {
      yield batch;
      batch = [];
      bytes = 0;
    }
    batch.push({ query: insert.query, params: [...partitionKey, ...values, row.versionUs] });
    bytes += more;
  }
  yield batch;
}

/** Bytes as the driver would make them, once for a partition in place of once a row. */
function encodeKeyPart(value: Bound): Bound {
  if (typeof value === "string") return Buffer.from(value);
  return value instanceof types.LocalDate ? value.toBuffer() : value;
}

/** An upper bound: a character of text takes at most three bytes per UTF-16 unit. */
function estimatedBytes(values: readonly Bound[]): number {
  let bytes = 0;
  for (const value of values) {
    if (typeof value === "string") bytes += 3 * value.length;
    else if (value instanceof Buffer) bytes += value.length;
  }
  return bytes;
}
