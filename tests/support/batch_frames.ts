/** Batches as cassandra-driver itself makes and reads them: what ours are compared with. */
import assert from "node:assert/strict";
import { Buffer } from "node:buffer";
import { types } from "cassandra-driver";
import EncoderClass from "cassandra-driver/lib/encoder.js";
import executionOptions from "cassandra-driver/lib/execution-options.js";
import requests from "cassandra-driver/lib/requests.js";
import type { Cell } from "../../src/cassandra/cell_writer.ts";
import type { EncodedBatch, PlaceType, PreparedStatement } from "../../src/cassandra/internals.ts";
import type { Insert } from "../../src/cassandra/statements.ts";

interface Encoder {
  readonly protocolVersion: number;
  encode(value: unknown, type: object): Buffer | null;
  decode(bytes: Buffer, type: object): unknown;
}

/** The protocol of Cassandra 2.2 and later, as far as the driver knows it. */
export const protocolVersion: number = types.protocolVersion.v4;

const encoder = new EncoderClass(protocolVersion, {}) as unknown as Encoder;

const { varchar, bigint, timestamp, double, boolean, date } = types.dataTypes;
/** As `cql/` has them; all others are numbers with fractions. */
const typesByName: Readonly<Record<string, number>> = {
  symbol: varchar,
  resolution: varchar,
  trade_conditions: varchar,
  trade_id: bigint,
  trade_count: bigint,
  "[timestamp]": bigint,
  trade_date: date,
  bucket: date,
  trade_timestamp: timestamp,
  ingest_timestamp: timestamp,
  window_start: timestamp,
  window_end: timestamp,
  final: boolean,
};

/** What a server would answer to the preparation of an insert. */
export function preparedAs(query: string): PreparedStatement {
  const [, table = "", columns = ""] = /INTO (\S+) \((.*?)\)/.exec(query) ?? [];
  const places = [...columns.split(", "), "[timestamp]"].map((name): PlaceType => (
    { name, type: { code: typesByName[name] ?? double } }
  ));
  const id = Buffer.from("0123456789abcdef");
  return { query, keyspace: table.split(".")[0] ?? "", id, places };
}

/** The frame that the driver makes of rows of one partition. */
export function frameByDriver<Row extends { readonly versionUs: number }>(
  rows: readonly Row[],
  insert: Insert<Row>,
  streamId: number,
): Buffer {
  const { id: queryId, places: columns } = preparedAs(insert.query);
  const queries = rows.map((row) => ({
    queryId,
    meta: { columns },
    params: [...insert.partitionKeyOf(row), ...insert.valuesOf(row), row.versionUs].map(toDriver),
  }));
  const options = Object.assign(executionOptions.ExecutionOptions.empty(), {
    getConsistency: () => types.consistencies.localQuorum,
  });
  const request = new requests.BatchRequest(queries as never, options as never);
  return request.write(encoder as never, streamId as never);
}

/** The driver has a type of its own for 64-bit numbers. */
function toDriver(value: Cell): unknown {
  return typeof value === "bigint" ? types.Long.fromString(String(value)) : value;
}

/** A statement of a batch: the bytes of its values. */
export type StatementBytes = (Buffer | null)[];

/** The statements of a batch, read by the specification of the protocol. */
export function statementsOf({ bytes, count, statement }: EncodedBatch): StatementBytes[] {
  const statements: StatementBytes[] = [];
  let at = 0;
  const value = (): Buffer | null => {
    const length = bytes.readInt32BE(at);
    at += 4 + Math.max(length, 0);
    return length < 0 ? null : bytes.subarray(at - length, at);
  };
  while (at < bytes.length) {
    assert.equal(bytes[at], 1, "prepared statements are of kind 1");
    const idLength = bytes.readUInt16BE(at + 1);
    assert.deepEqual(bytes.subarray(at + 3, at + 3 + idLength), statement.id);
    at += 3 + idLength;
    const values = bytes.readUInt16BE(at);
    at += 2;
    statements.push(Array.from({ length: values }, value));
  }
  assert.equal(statements.length, count);
  return statements;
}

/** Values of the statements of a batch as text, read by the driver. */
export function textsOf(batch: EncodedBatch): string[][] {
  const { places } = batch.statement;
  return statementsOf(batch).map((values) =>
    values.map((bytes, i) => {
      const value = bytes && encoder.decode(bytes, places[i]?.type ?? {});
      return String(value instanceof Date ? value.getTime() : value);
    })
  );
}
