import { isUtf8 } from "node:buffer";
import type { Trade } from "../market/trade.ts";
import { decodeText } from "../streams/text.ts";

/** Longest text that is kept for the next time, bytes; and how many are, a power of two: 10 MB. */
const internedBytesMax = 32;
const internedMax = 2 ** 18;

const littleEndian = true;

/** What the bytes of a record say. */
export interface TradeRecord {
  readonly trades: Trade[];
  readonly type: string;
}

/**
 * Reads values of `schemas/trade.avsc`, and of nothing else: several times as fast as a reader that
 * is made from a schema, because texts repeat and are decoded once.
 *
 * As strict as the general reader: it never leaves the bytes, believes no count that they could
 * not hold, and wants UTF-8.
 *
 * | field | bytes |
 * |---|---|
 * | `data` | blocks: count (zigzag long; negative: then the block's size in bytes), items; count 0 |
 * | `data[].c` | branch 0: blocks of (branch 0: null; branch 1: text); branch 1: null |
 * | `data[].p`, `.v` | float64, little-endian |
 * | `data[].s`, `type` | text: length, UTF-8 |
 * | `data[].t` | zigzag long |
 *
 * @see Apache Avro specification, "Binary encoding"; fields in the schema's order: c, p, s, t, v
 */
export class TradeReader {
  /** By hash: of two texts with one place the later one is kept. */
  readonly #interned = new Array<string>(internedMax).fill("");
  #bytes: Uint8Array = new Uint8Array();
  #view: DataView = new DataView(new ArrayBuffer(0));
  #at = 0;
  /** Where the block ends that was begun last; `undefined` where it does not state it. */
  #blockEnd: number | undefined;

  /**
   * @param start Where the value begins; it ends with the bytes.
   * @throws {Error} If the bytes are no such value; says where.
   */
  read(bytes: Uint8Array, start: number): TradeRecord {
    this.#bytes = bytes;
    if (this.#view.buffer !== bytes.buffer) this.#view = new DataView(bytes.buffer);
    this.#at = start;
    const trades = this.#trades();
    const type = this.#text();
    if (this.#at < bytes.length) throw this.#fault("value has ended before the bytes");
    return { trades, type };
  }

  #trades(): Trade[] {
    const trades: Trade[] = [];
    for (let count = this.#block(); count > 0; count = this.#block()) {
      const end = this.#blockEnd;
      for (let left = count; left > 0; left--) trades.push(this.#trade());
      this.#endBlock(end);
    }
    return trades;
  }

  #trade(): Trade {
    const conditions = this.#branch() === 0 ? this.#conditions() : null;
    const price = this.#double();
    const symbol = this.#text();
    const eventTimeMs = this.#long();
    return { symbol, price, volume: this.#double(), eventTimeMs, conditions };
  }

  #conditions(): (string | null)[] {
    const conditions: (string | null)[] = [];
    for (let count = this.#block(); count > 0; count = this.#block()) {
      const end = this.#blockEnd;
      for (let left = count; left > 0; left--) {
        conditions.push(this.#branch() === 0 ? null : this.#text());
      }
      this.#endBlock(end);
    }
    return conditions;
  }

  /** Begins the next block of an array; gives how many items it has, 0 at the array's end. */
  #block(): number {
    const stated = this.#long();
    const sizeBytes = stated < 0 ? this.#long() : undefined;
    const count = Math.abs(stated);
    if (count > this.#bytes.length - this.#at) throw this.#fault(`no room for ${count} items`);
    this.#blockEnd = sizeBytes === undefined ? undefined : this.#at + sizeBytes;
    return count;
  }

  #endBlock(end: number | undefined): void {
    if (end !== undefined && this.#at !== end) {
      throw this.#fault(`block ends at byte ${end}, its items`);
    }
  }

  #branch(): 0 | 1 {
    const branch = this.#long();
    if (branch === 0 || branch === 1) return branch;
    throw this.#fault("no such branch of a union");
  }

  #double(): number {
    const at = this.#advance(8);
    return this.#view.getFloat64(this.#bytes.byteOffset + at, littleEndian);
  }

  /** Zigzag varint of at most 52 bits, which is what avsc writes without rounding. */
  #long(): number {
    const bytes = this.#bytes;
    const first = bytes[this.#at];
    if (first !== undefined && first < 0x80) {
      this.#at++;
      return (first >>> 1) ^ -(first & 1);
    }
    return this.#longer();
  }

  #longer(): number {
    const bytes = this.#bytes;
    let sum = 0;
    let factor = 1;
    for (let length = 1; length <= 10; length++) {
      const byte = bytes[this.#at];
      if (byte === undefined) throw this.#fault("bytes end inside a number");
      this.#at++;
      sum += (byte & 0x7f) * factor;
      if (byte < 0x80) {
        if (!Number.isSafeInteger(sum)) throw this.#fault("number beyond 52 bits");
        return sum % 2 === 0 ? sum / 2 : -(sum + 1) / 2;
      }
      factor *= 128;
    }
    throw this.#fault("number longer than 64 bits");
  }

  #text(): string {
    const length = this.#long();
    const start = this.#advance(length);
    if (length > internedBytesMax) return this.#decode(start, length);
    let hash = length;
    for (let i = start; i < this.#at; i++) hash = (hash * 31 + (this.#bytes[i] ?? 0)) | 0;
    const place = (hash ^ hash >>> 16) & (internedMax - 1);
    const known = this.#interned[place] as string;
    return this.#isAt(start, known, length)
      ? known
      : this.#interned[place] = this.#decode(start, length);
  }

  /** Whether it is this ASCII text; of others that is not known, and they are decoded each time. */
  #isAt(start: number, text: string, length: number): boolean {
    if (text.length !== length) return false;
    for (let i = 0; i < length; i++) {
      const byte = this.#bytes[start + i] as number;
      if (byte >= 0x80 || byte !== text.charCodeAt(i)) return false;
    }
    return true;
  }

  #decode(start: number, length: number): string {
    const bytes = this.#bytes.subarray(start, start + length);
    const text = isUtf8(bytes) ? decodeText(bytes) : undefined;
    if (text === undefined) throw this.#fault("text is not UTF-8");
    return text;
  }

  /** Moves on; gives where it was. */
  #advance(count: number): number {
    const start = this.#at;
    if (!(count >= 0 && count <= this.#bytes.length - start)) {
      throw this.#fault(`no ${count} bytes left`);
    }
    this.#at = start + count;
    return start;
  }

  #fault(what: string): Error {
    return new Error(`${what} at byte ${this.#at}`);
  }
}
