import { createHash, type Hash } from "node:crypto";
import { decodeText } from "../base/text.ts";
import { frameBytesMax, longMessage, type Message, messageOf } from "./message.ts";

/**
 * The longest line that is read, bytes: a frame of the greatest length as `recordedLine` writes it,
 * where JSON takes up to six bytes for one, and a time in front.
 */
const lineBytesMax = 6 * frameBytesMax + 64;

const carriageReturn = 0x0d;

/** The bytes of one line after the other, in bounded memory however long a line is. */
export class LineBytes {
  #parts: Uint8Array[] = [];
  #length = 0;
  /** Of a line that is too long: its digest, while only its beginning is kept. */
  #hash: Hash | undefined;

  get length(): number {
    return this.#length;
  }

  /** Adds bytes that will not change. */
  add(part: Uint8Array): void {
    if (part.length === 0) return;
    this.#length += part.length;
    if (this.#length <= lineBytesMax) {
      this.#parts.push(part);
      return;
    }
    this.#hash ??= this.#hashOfKept();
    this.#hash.update(part);
  }

  /** The line, without a carriage return at its end; the next one begins. */
  take(): Message {
    const kept = this.#joined();
    const [hash, lengthBytes] = [this.#hash, this.#length];
    this.#parts = [];
    this.#length = 0;
    this.#hash = undefined;
    if (hash !== undefined) return longMessage(kept, { lengthBytes, sha256: hash.digest("hex") });
    const line = kept.at(-1) === carriageReturn ? kept.subarray(0, -1) : kept;
    const text = decodeText(line);
    return text === undefined ? messageOf(line) : { text };
  }

  #joined(): Uint8Array {
    const [only] = this.#parts;
    if (this.#parts.length === 1 && only !== undefined) return only;
    const joined = new Uint8Array(this.#parts.reduce((sum, { length }) => sum + length, 0));
    let at = 0;
    for (const part of this.#parts) {
      joined.set(part, at);
      at += part.length;
    }
    return joined;
  }

  #hashOfKept(): Hash {
    const hash = createHash("sha256");
    for (const part of this.#parts) hash.update(part);
    return hash;
  }
}
