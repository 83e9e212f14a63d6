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

/**
 * Partitions and bytes of a batch of several: there Cassandra logs a warning above 10
 * (`unlogged_batch_across_partitions_warn_threshold`) and above 5 KiB as it counts them
 * (`batch_size_warn_threshold`), which is up to twice what they have on the wire.
 */
export const sharedPartitionsMax = 10;
export const sharedBytesMax: number = 2_400;

/** "This statement is given by its id" in the protocol. */
const byId = 1;

/** How the rows of a table are sent. */
export interface BatchTarget {
  readonly statement: PreparedStatement;
  /** Names the nodes that keep a partition, by its routing key. */
  readonly keepersOf: (routingKey: Buffer) => string;
}

/**
 * Groups rows by partition and puts them into bounded batches; keeps the order within a partition.
 *
 * Partitions share a batch only if the same nodes keep them: whichever of these is asked, none has
 * more to pass on than with a batch for each.
 *
 * Each batch is made when it is asked for, so that the first ones are on their way while the others
 * are encoded.
 *
 * @throws {PipelineError} `SINK_REJECTED` if the table has a column of a type that we cannot write.
 */
export function* batchesOf<Row extends { readonly versionUs: number }>(
  rows: readonly Row[],
  insert: Insert<Row>,
  { statement, keepersOf }: BatchTarget,
): Generator<EncodedBatch> {
  const encoder = new StatementEncoder(insert, statement);
  const partitions = Array.from(
    Map.groupBy(rows, insert.partitionOf).values(),
    (rows) => encoder.partition(rows),
  );
  const byKeepers = Map.groupBy(partitions, ({ routingKey }) => keepersOf(routingKey));
  for (const together of byKeepers.values()) yield* encoder.batches(together);
}

/** Rows of one partition. */
interface Partition<Row> {
  readonly rows: readonly Row[];
  readonly routingKey: Buffer;
  /** What all its statements begin with, the values of the partition key included. */
  readonly opening: Buffer;
  /** How many values these are. */
  readonly keyLength: number;
}

/** What a batch holds that takes more. */
class OpenBatch {
  /** Of one of its partitions. */
  readonly routingKey: Buffer;
  rows = 0;
  #partitions = 0;
  #last: Partition<unknown> | undefined;

  constructor({ routingKey }: Partition<unknown>) {
    this.routingKey = routingKey;
  }

  /** @param bytes That it would have with a row of this partition. */
  takes(partition: Partition<unknown>, bytes: number): boolean {
    const partitions = this.#partitions + (partition === this.#last ? 0 : 1);
    return this.rows < batchRowsMax && partitions <= sharedPartitionsMax &&
      bytes <= (partitions === 1 ? batchBytesMax : sharedBytesMax);
  }

  add(partition: Partition<unknown>): void {
    this.rows += 1;
    if (partition === this.#last) return;
    this.#partitions += 1;
    this.#last = partition;
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
  partition(rows: readonly Row[]): Partition<Row> {
    const key = this.#insert.partitionKeyOf(rows[0] as Row);
    const [routingKey, opening] = [this.#routingKey(key), this.#opening(key)];
    return { rows, routingKey, opening, keyLength: key.length };
  }

  /** @param partitions That the same nodes keep. */
  *batches(partitions: readonly Partition<Row>[]): Generator<EncodedBatch> {
    let open: OpenBatch | undefined;
    for (const partition of partitions) {
      for (const row of partition.rows) {
        const before = this.#writer.length;
        this.#row(partition, row);
        if (open?.takes(partition, this.#writer.length) === false) {
          yield this.#batch(open, before);
          open = undefined;
        }
        open ??= new OpenBatch(partition);
        open.add(partition);
      }
    }
    if (open !== undefined) yield this.#batch(open, this.#writer.length);
  }

  #batch({ rows, routingKey }: OpenBatch, length: number): EncodedBatch {
    return {
      statement: this.#statement,
      count: rows,
      bytes: this.#writer.take(length),
      routingKey,
    };
  }

  /** What all statements of a partition begin with: kind, id, number of values, partition key. */
  #opening(key: readonly Cell[]): Buffer {
    const { id, places } = this.#statement;
    this.#writer.raw(Buffer.concat([Buffer.of(byId), uint16(id.length), id]));
    this.#writer.raw(uint16(places.length));
    this.#cells(key, 0);
    return this.#writer.take(this.#writer.length);
  }

  #row({ opening, keyLength }: Partition<Row>, row: Row): void {
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
