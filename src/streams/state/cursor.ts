import type { StoreRow } from "../ports.ts";

/**
 * A place in the rows of a scan: `row` is asked for each of them, and only at the end of a portion is
 * there something to wait for.
 *
 * Owner: whoever scans.
 */
export class Cursor implements AsyncDisposable {
  readonly #portions: AsyncIterator<readonly StoreRow[]>;
  #rows: readonly StoreRow[] = [];
  #at = 0;
  /** True once there are no more rows. */
  ended = false;

  /** @param portions What `scan` gives. */
  constructor(portions: AsyncIterable<readonly StoreRow[]>) {
    this.#portions = portions[Symbol.asyncIterator]();
  }

  /** Where it stands; `undefined` at the end of a portion. */
  get row(): StoreRow | undefined {
    return this.#rows[this.#at];
  }

  /** Goes to the next row of the portion. */
  next(): void {
    this.#at += 1;
  }

  /** Goes to the next portion; `row` must be `undefined`. @returns False if there is none. */
  async fill(): Promise<boolean> {
    const portion = await this.#portions.next();
    this.ended = portion.done === true;
    this.#rows = portion.done === true ? [] : portion.value;
    this.#at = 0;
    return !this.ended;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#portions.return?.();
  }
}
