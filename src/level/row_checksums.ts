/** Slots of the largest table: 3 million rows, 48 MiB. */
const slotsOfLargest = 2 ** 22;
const slotsAtFirst = 2 ** 10;
/** A slot is two words of the key's fingerprint and the checksum. */
const slotWords = 3;
const loadMax = 0.75;

/**
 * The checksum of every row of a store, by key, in memory: what the disk must answer.
 *
 * Keys are held as 64-bit fingerprints, 12 bytes per slot. Two keys with the same one are met once
 * in a billion stores of 200,000 rows, and cost a rebuild, never a wrong result. Rows that find no
 * room are not known here.
 *
 * Open addressing with linear probing; removing moves later entries of the run back.
 */
export class RowChecksums {
  #slots: number;
  #words: Uint32Array;
  #size = 0;
  readonly #slotsMax: number;
  /** The key looked for last. */
  #low = 0;
  #high = 0;

  /** @param options.rows How many there will be, as far as is known: growing costs as much again. */
  constructor(
    { slotsMax = slotsOfLargest, rows = 0 }: {
      readonly slotsMax?: number;
      readonly rows?: number | undefined;
    } = {},
  ) {
    this.#slotsMax = slotsMax;
    this.#slots = Math.min(slotsAtFirst, slotsMax);
    while (this.#slots * loadMax <= rows && this.#slots < this.#slotsMax) this.#slots *= 2;
    this.#words = new Uint32Array(this.#slots * slotWords);
  }

  get(key: Uint8Array): number | undefined {
    const at = this.#find(key);
    return this.#used(at) ? this.#words[at + 2] : undefined;
  }

  /** @returns False if there is no room for another row. */
  set(key: Uint8Array, checksum: number): boolean {
    let at = this.#find(key);
    if (!this.#used(at)) {
      const slots = this.#slots;
      if (!this.#makeRoom()) return false;
      if (slots !== this.#slots) at = this.#slotOf(this.#low, this.#high);
      this.#size += 1;
    }
    this.#put(at, this.#low, this.#high, checksum);
    return true;
  }

  delete(key: Uint8Array): void {
    let gap = this.#find(key);
    if (!this.#used(gap)) return;
    this.#size -= 1;
    for (let at = this.#next(gap); this.#used(at); at = this.#next(at)) {
      if (this.#distance(at) < this.#between(gap, at)) continue;
      this.#words.copyWithin(gap, at, at + slotWords);
      gap = at;
    }
    this.#words.fill(0, gap, gap + slotWords);
  }

  /** Index of the key's slot, or of the free one where it belongs. */
  #find(key: Uint8Array): number {
    let low = 0x811c9dc5;
    let high = 0x9747b28c;
    for (let i = 0; i < key.length; i++) {
      const byte = key[i] as number;
      low = Math.imul(low ^ byte, 0x01000193);
      high = Math.imul(high + byte, 0x5bd1e995);
      high ^= high >>> 13;
    }
    this.#low = (low ^ low >>> 15) >>> 0;
    this.#high = high >>> 0 || 1; // zero stands for a free slot
    return this.#slotOf(this.#low, this.#high);
  }

  #slotOf(low: number, high: number): number {
    let at = this.#home(low);
    while (this.#used(at) && (this.#words[at] !== low || this.#words[at + 1] !== high)) {
      at = this.#next(at);
    }
    return at;
  }

  #home(low: number): number {
    return (low & (this.#slots - 1)) * slotWords;
  }

  #used(at: number): boolean {
    return this.#words[at + 1] !== 0;
  }

  #next(at: number): number {
    return at + slotWords === this.#words.length ? 0 : at + slotWords;
  }

  /** How far an entry lies from where it would like to be. */
  #distance(at: number): number {
    return this.#between(this.#home(this.#words[at] as number), at);
  }

  #between(from: number, to: number): number {
    return to >= from ? to - from : to - from + this.#words.length;
  }

  #put(at: number, low: number, high: number, checksum: number): void {
    this.#words[at] = low;
    this.#words[at + 1] = high;
    this.#words[at + 2] = checksum;
  }

  #makeRoom(): boolean {
    if (this.#size < this.#slots * loadMax) return true;
    if (this.#slots >= this.#slotsMax) return false;
    const old = this.#words;
    this.#slots *= 2;
    this.#words = new Uint32Array(this.#slots * slotWords);
    for (let at = 0; at < old.length; at += slotWords) {
      const [low, high, checksum] = [old[at], old[at + 1], old[at + 2]] as [number, number, number];
      if (high !== 0) this.#put(this.#slotOf(low, high), low, high, checksum);
    }
    return true;
  }
}
