import type { LogRecord } from "../record.ts";
import { waitingBytesMax } from "./waiting_records.ts";

/**
 * Rows of events that wait for a commit. How large one is, only the job knows: together they count
 * as large as the records of their events.
 */
export class EventRows<R> {
  #rows: R[] = [];
  #sizeBytes = 0;
  /** The record of the last row: it counts once, however many events it holds. */
  #record: LogRecord | undefined;

  /** In input order. */
  get all(): readonly R[] {
    return this.#rows;
  }

  /** True when no more should wait. */
  get isFull(): boolean {
    return this.#sizeBytes >= waitingBytesMax;
  }

  add(row: R, record: LogRecord): void {
    this.#rows.push(row);
    if (record === this.#record) return;
    this.#record = record;
    this.#sizeBytes += record.value?.length ?? 0;
  }

  /** Leaves all of them to who has them, and begins again with none. */
  clear(): void {
    this.#rows = [];
    this.#sizeBytes = 0;
    this.#record = undefined;
  }
}
