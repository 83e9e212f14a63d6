import type { Sink } from "../ports.ts";
import { plainRows } from "../topology/routed_row.ts";

/** Keeps every row that was written, in order, whatever sinks of a job they are for. */
export class RecordingSink<R> implements Sink<R> {
  readonly #rows: R[] = [];

  /** Every row it was given, in order. */
  get rows(): readonly R[] {
    return this.#rows;
  }

  write(rows: readonly R[]): Promise<void> {
    this.#rows.push(...plainRows(rows));
    return Promise.resolve();
  }
}
