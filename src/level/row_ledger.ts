import { assert } from "../base/assert.ts";
import { nameOf } from "../base/bytes.ts";
import { RowChecksums } from "./row_checksums.ts";
import { RowDigest, type RowSum } from "./row_digest.ts";

/** What the store must answer for a key: a row with this checksum, none, or unknown. */
export type Expected = number | "absent" | "unknown";

/**
 * What the rows of an open store are, beside the disk: enough to notice what the disk loses.
 *
 * Owner: the open store. Ordering: `found` for every row at opening, then for each batch `begin`,
 * `change` for every write, and `settle` once it is written; the next may begin before that.
 */
export class RowLedger {
  readonly #digest = new RowDigest();
  readonly #checksums: RowChecksums;
  /** True while every row found room: then a key that is not known is not in the store. */
  #complete = true;
  /** What each batch changed since there is no room and the disk may not have yet, oldest first. */
  readonly #pending: Map<string, number | "absent">[] = [];

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
    if (!this.#checksums.set(key, checksum)) this.#complete = false;
  }

  /** A batch begins. */
  begin(): void {
    this.#pending.push(new Map());
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
    const batch = this.#pending.at(-1);
    assert(batch !== undefined, "a change belongs to a batch");
    const expected = this.expect(key);
    const previous = expected === "unknown" ? stored(key) : expected;
    if (typeof previous === "number") this.#digest.remove(previous);
    if (checksum !== undefined) this.#digest.add(checksum);
    if (this.#enter(key, checksum) && this.#complete && !this.#lacksRoom) return;
    batch.set(nameOf(key), checksum ?? "absent");
  }

  /** Says that the disk has every change of the oldest batch. */
  settle(): void {
    const written = this.#pending.shift();
    if (written !== undefined && written.size > 0) this.#complete = false;
  }

  expect(key: Uint8Array): Expected {
    const known = this.#checksums.get(key);
    if (known !== undefined) return known;
    const pending = this.#lacksRoom ? this.#pendingOf(nameOf(key)) : undefined;
    return pending ?? (this.#complete ? "absent" : "unknown");
  }

  get #lacksRoom(): boolean {
    for (const changes of this.#pending) if (changes.size > 0) return true;
    return false;
  }

  #pendingOf(name: string): number | "absent" | undefined {
    return this.#pending.findLast((changes) => changes.has(name))?.get(name);
  }

  /** @returns False if there is no room for it. */
  #enter(key: Uint8Array, checksum: number | undefined): boolean {
    if (checksum !== undefined) return this.#checksums.set(key, checksum);
    this.#checksums.delete(key);
    return true;
  }
}
