import { isUtf8 } from "node:buffer";
import avro from "avsc";

/**
 * Checks that bytes are exactly one Avro value of a type, before anything is built from them.
 *
 * avsc reads past the end of damaged bytes and believes their counts: four bytes can ask it for
 * billions of items. This walk never goes back, never leaves the bytes, and takes time and stack
 * linear in their number. Stricter than Avro in three points: an array may not have more items than
 * bytes left, values that take no byte (`null`, an empty record) are at most `emptyPerByteMax` for
 * each byte, and records are nested `nestingMax` deep at most.
 *
 * @throws {Error} (from the check) If the bytes are not such a value; says where.
 */
export type ShapeCheck = (bytes: Uint8Array, start: number) => void;

/** The check for values of `type`. */
export function shapeCheck(type: avro.Type): ShapeCheck {
  const walk = walkOf(type, new Map());
  return (bytes, start) => {
    const cursor = new Cursor(bytes, start);
    walk(cursor);
    if (cursor.position < bytes.length) throw cursor.fault("value has ended before the bytes");
  };
}

type Walk = (cursor: Cursor) => void;

/**
 * Values without a byte of their own, for each byte of the whole. Blocks of an array of `null` take
 * three bytes each and claim an item for every byte left, so that 80 kB would stand for a billion.
 */
const emptyPerByteMax = 8;

/** Records within records; the original's have two. */
const nestingMax = 64;

class Cursor {
  readonly bytes: Uint8Array;
  position: number;
  #emptyLeft: number;
  #nesting = 0;

  constructor(bytes: Uint8Array, position: number) {
    this.bytes = bytes;
    this.position = position;
    this.#emptyLeft = emptyPerByteMax * (bytes.length - position + 1);
  }

  /** Passes a value that may take no byte. */
  passEmpty(): void {
    if (--this.#emptyLeft < 0) throw this.fault("too many values without bytes");
  }

  /** Walks through the fields of a record. */
  descend(walks: readonly Walk[]): void {
    this.passEmpty();
    if (++this.#nesting > nestingMax) throw this.fault(`records nested beyond ${nestingMax}`);
    for (const walk of walks) walk(this);
    this.#nesting--;
  }

  get bytesLeft(): number {
    return this.bytes.length - this.position;
  }

  fault(what: string): Error {
    return new Error(`${what} at byte ${this.position}`);
  }

  skip(count: number): void {
    if (!(count >= 0 && count <= this.bytesLeft)) throw this.fault(`no ${count} bytes left`);
    this.position += count;
  }

  /** Zigzag varint; beyond 2^53 only the order of magnitude is right, which bounds need. */
  long(): number {
    const first = this.bytes[this.position];
    if (first === undefined || first >= 0x80) return this.#longLong();
    this.position++;
    return (first >>> 1) ^ -(first & 1);
  }

  #longLong(): number {
    let sum = 0;
    let factor = 1;
    for (let length = 1; length <= 10; length++) {
      const byte = this.bytes[this.position];
      if (byte === undefined) throw this.fault("bytes end inside a number");
      this.position++;
      sum += (byte & 0x7f) * factor;
      if (byte < 0x80) return sum % 2 === 0 ? sum / 2 : -(sum + 1) / 2;
      factor *= 128;
    }
    throw this.fault("number longer than 64 bits");
  }

  text(): void {
    const length = this.long();
    const start = this.position;
    this.skip(length);
    for (let i = start; i < this.position; i++) {
      if (Number(this.bytes[i]) < 0x80) continue;
      if (isUtf8(this.bytes.subarray(start, this.position))) return;
      throw this.fault("text is not UTF-8");
    }
  }
}

function walkOf(type: avro.Type, known: Map<avro.Type, Walk>): Walk {
  const seen = known.get(type);
  if (seen !== undefined) return seen;
  // A type may contain itself: until its walk is made, a look-up stands in for it.
  known.set(type, (cursor) => known.get(type)?.(cursor));
  const walk = makeWalk(type, known);
  known.set(type, walk);
  return walk;
}

function makeWalk(type: avro.Type, known: Map<avro.Type, Walk>): Walk {
  const { types } = avro;
  if (type instanceof types.RecordType) return recordWalk(type, known);
  if (type instanceof types.ArrayType) return itemsWalk(walkOf(type.itemsType, known));
  if (type instanceof types.MapType) return itemsWalk(entryWalk(walkOf(type.valuesType, known)));
  if (type instanceof types.UnwrappedUnionType || type instanceof types.WrappedUnionType) {
    return unionWalk(type.types.map((branch) => walkOf(branch, known)));
  }
  if (type instanceof types.EnumType) return enumWalk(type.symbols.length);
  if (type instanceof types.FixedType) return bytesWalk(type.size);
  return primitiveWalk(type.typeName);
}

function primitiveWalk(name: string): Walk {
  switch (name) {
    case "null":
      return (cursor) => cursor.passEmpty();
    case "boolean":
      return booleanWalk;
    case "int":
    case "long":
      return (cursor) => void cursor.long();
    case "float":
      return bytesWalk(4);
    case "double":
      return bytesWalk(8);
    case "bytes":
      return (cursor) => cursor.skip(cursor.long());
    case "string":
      return (cursor) => cursor.text();
    default:
      throw new Error(`no walk for Avro type ${name}`);
  }
}

function bytesWalk(count: number): Walk {
  return count === 0 ? (cursor) => cursor.passEmpty() : (cursor) => cursor.skip(count);
}

function booleanWalk(cursor: Cursor): void {
  const byte = cursor.bytes[cursor.position];
  cursor.skip(1);
  if (byte !== 0 && byte !== 1) throw cursor.fault("boolean is neither 0 nor 1");
}

function enumWalk(symbols: number): Walk {
  return (cursor) => {
    const index = cursor.long();
    if (!(index >= 0 && index < symbols)) throw cursor.fault(`no enum symbol ${index}`);
  };
}

function recordWalk(type: avro.types.RecordType, known: Map<avro.Type, Walk>): Walk {
  const walks = type.fields.map((field) => walkOf(field.type, known));
  return (cursor) => cursor.descend(walks);
}

function unionWalk(branches: readonly Walk[]): Walk {
  return (cursor) => {
    const index = cursor.long();
    const branch = branches[index];
    if (branch === undefined) throw cursor.fault(`no union branch ${index}`);
    branch(cursor);
  };
}

function entryWalk(value: Walk): Walk {
  return (cursor) => {
    cursor.text();
    value(cursor);
  };
}

/** Blocks of items; a negative count is followed by the block's size in bytes. */
function itemsWalk(item: Walk): Walk {
  return (cursor) => {
    for (let count = cursor.long(); count !== 0; count = cursor.long()) {
      const sizeBytes = count < 0 ? cursor.long() : undefined;
      const start = cursor.position;
      const items = Math.abs(count);
      if (items > cursor.bytesLeft) throw cursor.fault(`no room for ${items} items`);
      for (let i = 0; i < items; i++) item(cursor);
      if (sizeBytes !== undefined && cursor.position - start !== sizeBytes) {
        throw cursor.fault(`block is not of its ${sizeBytes} bytes`);
      }
    }
  };
}
