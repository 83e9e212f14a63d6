import { Buffer } from "node:buffer";
import { RowChecksums } from "./row_checksums.ts";
import { RowDigest, type RowSum } from "./row_digest.ts";

/** What the store must answer for a key: a row with this checksum, none, or nobody knows. */
export type Expected = number | "absent" | "unknown";

/**
 * What the rows of an open store are, beside the disk: enough to notice what the disk loses.
 *
 * Owner: the open store. Ordering: `found` for every row at opening, then `change` for every write.
 */
export class RowLedger {
  readonly #digest = new RowDigest();
  readonly #checksums: RowChecksums;
  /** Rows without room that the present batch has changed: the disk does not have them yet. */
  readonly #pending = new Map<string, number | undefined>();

  constructor(checksums: RowChecksums = new RowChecksums()) {
    this.#checksums = checksums;
  }

  /** What all rows add up to. */
  get sum(): RowSum {
    return this.#digest.sum;
  }

  /** Takes note of a row that the store holds. */
  found(key: Uint8Array, checksum: number): void {
    this.#digest.add(checksum);
    this.#checksums.set(key, checksum);
  }

  /**
   * Replaces a row.
   *
   * @param checksum The new row's; `undefined` for a deleted one.
   * @param stored Asks the store for the present row's; called only where the ledger has no room.
   */
  change(
    key: Uint8Array,
    checksum: number | undefined,
    stored: (key: Uint8Array) => number | undefined,
  ): void {
    const expected = this.expect(key);
    const previous = expected === "unknown"
      ? this.#replacePending(key, checksum, stored)
      : expected;
    if (typeof previous === "number") this.#digest.remove(previous);
    if (checksum === undefined) return this.#checksums.delete(key);
    this.#digest.add(checksum);
    this.#checksums.set(key, checksum);
  }

  /** Says that the disk has every change. */
  settle(): void {
    this.#pending.clear();
  }

  expect(key: Uint8Array): Expected {
    return this.#checksums.get(key) ?? (this.#checksums.complete ? "absent" : "unknown");
  }

  #replacePending(
    key: Uint8Array,
    checksum: number | undefined,
    stored: (key: Uint8Array) => number | undefined,
  ): number | undefined {
    const name = Buffer.from(key).toString("latin1");
    const previous = this.#pending.has(name) ? this.#pending.get(name) : stored(key);
    this.#pending.set(name, checksum);
    return previous;
  }
}
