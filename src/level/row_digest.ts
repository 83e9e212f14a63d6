/** What a store's rows add up to; written with every commit. */
export interface RowSum {
  readonly rows: number;
  /** 16 hexadecimal digits. */
  readonly digest: string;
}

/**
 * A digest of a set of rows that is kept up by adding and removing single ones, in any order.
 *
 * Each row counts by the CRC-32 of its key and value, mixed, because CRCs themselves would cancel
 * out: two rows that miss the same change differ from what they should be by the same bits. One
 * lost, stale or foreign row stays unnoticed in one of 2^32 cases.
 */
export class RowDigest {
  #rows = 0;
  #low = 0;
  #high = 0;

  /** @param sum What it begins with. */
  constructor(sum?: RowSum) {
    if (sum === undefined) return;
    this.#rows = sum.rows;
    this.#high = parseInt(sum.digest.slice(0, 8), 16);
    this.#low = parseInt(sum.digest.slice(8), 16);
  }

  add(checksum: number): void {
    this.#rows += 1;
    this.#low = this.#low + mixed(checksum) >>> 0;
    this.#high = this.#high + mixed(checksum ^ 0x9e3779b9) >>> 0;
  }

  remove(checksum: number): void {
    this.#rows -= 1;
    this.#low = this.#low - mixed(checksum) >>> 0;
    this.#high = this.#high - mixed(checksum ^ 0x9e3779b9) >>> 0;
  }

  get sum(): RowSum {
    return { rows: this.#rows, digest: hex(this.#high) + hex(this.#low) };
  }
}

/** @see MurmurHash3's finalizer: every bit of the input moves half the bits of the result. */
function mixed(checksum: number): number {
  let h = checksum;
  h = Math.imul(h ^ h >>> 16, 0x85ebca6b);
  h = Math.imul(h ^ h >>> 13, 0xc2b2ae35);
  return h ^ h >>> 16;
}

function hex(value: number): string {
  return value.toString(16).padStart(8, "0");
}
