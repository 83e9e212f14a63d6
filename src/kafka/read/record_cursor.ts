import { UnreadableError } from "../wire/unreadable.ts";

const twoTo28 = 2 ** 28;

/** No 64-bit integer has more of them. */
const longBytesMax = 10;

/**
 * Walks over the varint-coded records of a batch.
 *
 * Its methods throw `UnreadableError` where the bytes end too early, or a number does not end.
 */
export class RecordCursor {
  at = 0;
  readonly #bytes: Uint8Array;

  constructor(bytes: Uint8Array) {
    this.#bytes = bytes;
  }

  /** Zigzag varint of 32 bits. */
  varint(): number {
    const first = this.#byte();
    if (first < 0x80) return (first >>> 1) ^ -(first & 1);
    let raw = first & 0x7f;
    for (let shift = 7; shift < 35; shift += 7) {
      const byte = this.#byte();
      raw |= (byte & 0x7f) << shift;
      if (byte < 0x80) return (raw >>> 1) ^ -(raw & 1);
    }
    throw new UnreadableError("a number does not end");
  }

  /** Zigzag varint of 64 bits, as a number: exact up to 2^52. */
  varlong(): number {
    let low = 0;
    for (let shift = 0; shift < 28; shift += 7) {
      const byte = this.#byte();
      low |= (byte & 0x7f) << shift;
      if (byte < 0x80) return (low >>> 1) ^ -(low & 1);
    }
    return this.#longTail(low);
  }

  #longTail(low: number): number {
    let raw = low;
    let weight = twoTo28;
    for (let i = 4; i < longBytesMax; i++, weight *= 128) {
      const byte = this.#byte();
      raw += (byte & 0x7f) * weight;
      if (byte < 0x80) return raw % 2 === 0 ? raw / 2 : -(raw + 1) / 2;
    }
    throw new UnreadableError("a number does not end");
  }

  /** A byte string with its length before it; `null` for length -1. */
  bytes(): Uint8Array | null {
    const length = this.varint();
    if (length < 0) return null;
    const start = this.at;
    this.skip(length);
    return this.#bytes.subarray(start, this.at);
  }

  /**
   * Like `bytes`, but gives `previous` itself if it holds the same bytes: the keys and headers of
   * neighbours are often equal, and a view costs more than a comparison.
   */
  bytesLike(previous: Uint8Array | null | undefined): Uint8Array | null {
    const length = this.varint();
    if (length < 0) return null;
    const start = this.at;
    this.skip(length);
    if (previous?.length === length && this.#equals(previous, start)) return previous;
    return this.#bytes.subarray(start, this.at);
  }

  /** Passes bytes that must be there. */
  skip(length: number): void {
    if (length > this.#bytes.length - this.at) throw endsTooEarly();
    this.at += length;
  }

  #equals(previous: Uint8Array, start: number): boolean {
    for (let i = 0; i < previous.length; i++) {
      if (previous[i] !== this.#bytes[start + i]) return false;
    }
    return true;
  }

  #byte(): number {
    const byte = this.#bytes[this.at++];
    if (byte === undefined) throw endsTooEarly();
    return byte;
  }
}

function endsTooEarly(): UnreadableError {
  return new UnreadableError("records end too early");
}
