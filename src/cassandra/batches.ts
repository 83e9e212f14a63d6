import { Buffer } from "node:buffer";
import { type Cell, type CellKind, cellKindOf, CellWriter } from "./cell_writer.ts";
import type { EncodedBatch, PreparedStatement } from "./internals.ts";
import type { Insert } from "./statements.ts";

/**
 * Rows per batch: about what a busy symbol gathers in a second, so that its rows travel together.
 * Client and server together need 34 µs for a row in batches of 50, 26 of 100, 24 of 300 and of
 * 1,000; one of 300 occupies a server for about 6 ms.
 */
export const batchRowsMax = 300;

/**
 * Bytes per batch. Those of one partition are exempt from Cassandra's `batch_size_fail_threshold`;
 * what bounds them is a mutation of 16 MiB, which this is far below. Rows of usual size reach
 * `batchRowsMax` first (300 trades are about 35 KiB).
 */
export const batchBytesMax: number = 128 * 1_024;

/** "This statement is given by its id" in the protocol. */
const byId = 1;

/**
 * Groups rows by partition and cuts each group into bounded batches; keeps their order.
 *
 * Each batch is made when it is asked for, so that the first ones are on their way while the others
 * are encoded.
 *
 * @throws {PipelineError} `SINK_REJECTED` if the table has a column of a type that we cannot write.
 */
export function* batchesOf<Row extends { readonly versionUs: number }>(
  rows: readonly Row[],
  insert: Insert<Row>,
  statement: PreparedStatement,
): Generator<EncodedBatch> {
  const encoder = new StatementEncoder(insert, statement);
  for (const group of Map.groupBy(rows, insert.partitionOf).values()) {
    yield* encoder.batches(group);
  }
}

class StatementEncoder<Row extends { readonly versionUs: number }> {
  readonly #insert: Insert<Row>;
  readonly #statement: PreparedStatement;
  readonly #kinds: readonly CellKind[];
  readonly #writer = new CellWriter();

  constructor(insert: Insert<Row>, statement: PreparedStatement) {
    this.#insert = insert;
    this.#statement = statement;
    this.#kinds = statement.places.map(cellKindOf);
  }

  /** @param rows Of one partition, at least one. */
  *batches(rows: readonly Row[]): Generator<EncodedBatch> {
    const [first] = rows;
    if (first === undefined) return;
    const key = this.#insert.partitionKeyOf(first);
    const routingKey = this.#routingKey(key);
    const opening = this.#opening(key);
    let count = 0;
    for (const row of rows) {
      const before = this.#writer.length;
      this.#row(opening, key.length, row);
      if (count > 0 && this.#writer.length > batchBytesMax) {
        yield this.#batch(count, before, routingKey);
        count = 0;
      }
      count += 1;
      if (count < batchRowsMax) continue;
      yield this.#batch(count, this.#writer.length, routingKey);
      count = 0;
    }
    if (count > 0) yield this.#batch(count, this.#writer.length, routingKey);
  }

  #batch(count: number, length: number, routingKey: Buffer): EncodedBatch {
    return { statement: this.#statement, count, bytes: this.#writer.take(length), routingKey };
  }

  /** What all statements of a partition begin with: kind, id, number of values, partition key. */
  #opening(key: readonly Cell[]): Buffer {
    const { id, places } = this.#statement;
    this.#writer.raw(Buffer.concat([Buffer.of(byId), uint16(id.length), id]));
    this.#writer.raw(uint16(places.length));
    this.#cells(key, 0);
    return this.#writer.take(this.#writer.length);
  }

  #row(opening: Buffer, keyLength: number, row: Row): void {
    this.#writer.raw(opening);
    const values = this.#insert.valuesOf(row);
    this.#cells(values, keyLength);
    this.#writer.cell("int64", row.versionUs);
  }

  /** @param from Place of the first of them. */
  #cells(values: readonly Cell[], from: number): void {
    for (let i = 0; i < values.length; i++) {
      this.#writer.cell(this.#kinds[from + i] as CellKind, values[i] as Cell);
    }
  }

  /** A key of one column is its bytes; of several, each has a length before it and a 0 behind. */
  #routingKey(key: readonly Cell[]): Buffer {
    const parts = key.map((value, i) => this.#bytesOf(value, i));
    const [only] = parts;
    if (only !== undefined && parts.length === 1) return only;
    return Buffer.concat(parts.flatMap((part) => [uint16(part.length), part, Buffer.of(0)]));
  }

  #bytesOf(value: Cell, place: number): Buffer {
    this.#cells([value], place);
    return this.#writer.take(this.#writer.length).subarray(4);
  }
}

function uint16(value: number): Buffer {
  return Buffer.of(value >>> 8, value & 0xff);
}
