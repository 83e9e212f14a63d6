import type { Sink } from "../ports.ts";

/** Keeps every row that was written, in order. */
export class RecordingSink<R> implements Sink<R> {
  readonly #rows: R[] = [];

  /** Every row it was given, in order. */
  get rows(): readonly R[] {
    return this.#rows;
  }

  write(rows: readonly R[]): Promise<void> {
    this.#rows.push(...rows);
    return Promise.resolve();
  }
}
