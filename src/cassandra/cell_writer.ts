import { Buffer } from "node:buffer";
import { types } from "cassandra-driver";
import { PipelineError } from "../base/errors.ts";
import type { PlaceType } from "./internals.ts";

/** A value of a row; a date is a text like `2025-03-10`. */
export type Cell = string | number | bigint | boolean | null;

/** How a value is written: 64-bit numbers are `bigint` and `timestamp`. */
export type CellKind = "text" | "int64" | "double" | "boolean" | "date";

const { dataTypes } = types;

const kinds: ReadonlyMap<number, CellKind> = new Map([
  [dataTypes.varchar, "text"],
  [dataTypes.bigint, "int64"],
  [dataTypes.timestamp, "int64"],
  [dataTypes.double, "double"],
  [dataTypes.boolean, "boolean"],
  [dataTypes.date, "date"],
]);

/**
 * How the values of a column are written.
 *
 * @throws {PipelineError} `SINK_REJECTED` if the column's type is none of those that `cql/` uses.
 */
export function cellKindOf({ name, type }: PlaceType): CellKind {
  const kind = kinds.get(type.code);
  if (kind !== undefined) return kind;
  throw new PipelineError(
    "SINK_REJECTED",
    `Cannot write column "${name}" as its type must be text, bigint, timestamp, double, boolean ` +
      `or date: it is ${nameOf(type.code)}; copy what you need and drop the ` +
      'table, then run "deno task provision"',
    { context: { column: name } },
  );
}

function nameOf(code: number): string {
  return Object.entries(dataTypes).find(([, value]) => value === code)?.[0] ?? `number ${code}`;
}

const dayMs = 86_400_000;
const two32 = 2 ** 32;
/** Days are counted from here, so that they are never negative. */
const dateOrigin = 2 ** 31;
const nullLength = -1;
/** A value of fixed size and its length. */
const fixedCellBytes = 12;
/** UTF-8 needs at most so many for a unit of UTF-16. */
const bytesPerUnitMax = 3;
const asciiEnd = 0x80;

/**
 * Writes values as the protocol has them, each after its length, into a buffer that grows.
 *
 * One buffer for many rows: cassandra-driver makes some twenty for each row, which costs four times
 * as much as all the rest of writing it.
 *
 * @see https://github.com/apache/cassandra/blob/trunk/doc/native_protocol_v4.spec sections 3 and 6
 */
export class CellWriter {
  #bytes: Buffer = Buffer.alloc(4_096);
  #view: DataView = viewOf(this.#bytes);
  #length = 0;

  /** Bytes written and not taken yet. */
  get length(): number {
    return this.#length;
  }

  /** Bytes as they are, without a length. */
  raw(bytes: Uint8Array): void {
    this.#reserve(bytes.length);
    this.#bytes.set(bytes, this.#length);
    this.#length += bytes.length;
  }

  /** @throws {TypeError} If the value does not fit the kind. */
  cell(kind: CellKind, value: Cell): void {
    this.#reserve(fixedCellBytes);
    if (value === null) return this.#int32(nullLength);
    switch (kind) {
      case "text":
        return this.#text(value);
      case "int64":
        return this.#int64(value);
      case "double":
        return this.#double(value);
      case "boolean":
        return this.#boolean(value);
      case "date":
        return this.#date(value);
    }
  }

  /** A copy of the first bytes, which are then gone; what was written after them stays. */
  take(length: number): Buffer {
    const taken = Buffer.from(this.#bytes.subarray(0, length));
    this.#bytes.copyWithin(0, length, this.#length);
    this.#length -= length;
    return taken;
  }

  #text(value: Cell): void {
    if (typeof value !== "string") throw misfit("a text", value);
    this.#reserve(fixedCellBytes + bytesPerUnitMax * value.length);
    const from = this.#length + 4;
    const length = this.#ascii(value, from) ? value.length : this.#bytes.write(value, from);
    this.#int32(length);
    this.#length += length;
  }

  /** Short texts of the market are ASCII; by hand, as asking the runtime costs more than all. */
  #ascii(value: string, from: number): boolean {
    for (let i = 0; i < value.length; i++) {
      const unit = value.charCodeAt(i);
      if (unit >= asciiEnd) return false;
      this.#bytes[from + i] = unit;
    }
    return true;
  }

  #int64(value: Cell): void {
    this.#int32(8);
    if (typeof value === "bigint") {
      this.#view.setBigInt64(this.#length, value);
    } else {
      if (!Number.isSafeInteger(value)) throw misfit("a whole number up to 2^53", value);
      this.#view.setInt32(this.#length, Math.floor(value as number / two32));
      this.#view.setUint32(this.#length + 4, value as number % two32);
    }
    this.#length += 8;
  }

  #double(value: Cell): void {
    if (typeof value !== "number") throw misfit("a number", value);
    this.#int32(8);
    this.#view.setFloat64(this.#length, value);
    this.#length += 8;
  }

  #boolean(value: Cell): void {
    if (typeof value !== "boolean") throw misfit("true or false", value);
    this.#int32(1);
    this.#bytes[this.#length++] = value ? 1 : 0;
  }

  #date(value: Cell): void {
    const days = typeof value === "string" ? Date.parse(value) / dayMs : NaN;
    if (!Number.isInteger(days)) throw misfit("a date like 2025-03-10", value);
    this.#int32(4);
    this.#view.setUint32(this.#length, dateOrigin + days);
    this.#length += 4;
  }

  #int32(value: number): void {
    this.#view.setInt32(this.#length, value);
    this.#length += 4;
  }

  #reserve(bytes: number): void {
    const needed = this.#length + bytes;
    if (needed <= this.#bytes.length) return;
    const grown = Buffer.alloc(Math.max(needed, 2 * this.#bytes.length));
    this.#bytes.copy(grown, 0, 0, this.#length);
    this.#bytes = grown;
    this.#view = viewOf(grown);
  }
}

function viewOf(bytes: Buffer): DataView {
  return new DataView(bytes.buffer, bytes.byteOffset, bytes.length);
}

/** Names no value: payloads do not belong into messages. */
function misfit(wanted: string, value: Cell): TypeError {
  return new TypeError(`a value must be ${wanted}: it is of type ${typeof value}`);
}
