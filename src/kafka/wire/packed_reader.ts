import { UnreadableError } from "./unreadable.ts";

/** Walks over compressed bytes; never beyond their end. */
export class PackedReader {
  readonly #bytes: Uint8Array;
  #at = 0;

  constructor(bytes: Uint8Array) {
    this.#bytes = bytes;
  }

  get done(): boolean {
    return this.#at >= this.#bytes.length;
  }

  byte(): number {
    const byte = this.#bytes[this.#at++];
    if (byte === undefined) throw new UnreadableError("compressed records end too early");
    return byte;
  }

  take(length: number): Uint8Array {
    const start = this.#at;
    if (length > this.#bytes.length - start) {
      throw new UnreadableError("compressed records end too early");
    }
    this.#at = start + length;
    return this.#bytes.subarray(start, this.#at);
  }

  /** Unsigned, of up to 4 bytes. */
  littleEndian(length: number): number {
    let value = 0;
    for (let i = 0; i < length; i++) value += this.byte() * 2 ** (8 * i);
    return value;
  }

  /** Unsigned, 4 bytes. */
  bigEndian(): number {
    let value = 0;
    for (let i = 0; i < 4; i++) value = value * 256 + this.byte();
    return value;
  }

  uvarint(): number {
    let value = 0;
    for (let weight = 1; weight <= 2 ** 28; weight *= 128) {
      const byte = this.byte();
      value += (byte & 0x7f) * weight;
      if (byte < 0x80) return value;
    }
    throw new UnreadableError("a length has too many bytes");
  }
}
