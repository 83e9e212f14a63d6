/**
 * How far the records of one commit may reach ahead of the first of them, microseconds of receive
 * time: it bounds the write times that an uncommitted commit can have used.
 */
const commitSpanUs = 300_000_000;

/**
 * By how much write times jump ahead when the rules change: more than `commitSpanUs`, and than one
 * more for every event of a commit.
 */
export const leadUs: number = 2 * commitSpanUs;

/**
 * The write times of a task's rows, microseconds: strictly increasing along the input, near the
 * receive times of its records.
 *
 * Owner: the record processor.
 */
export class WriteTimes {
  #latestUs: number;
  #leadUs: number;
  /** Where those of the next commit begin; `undefined` before its first record. */
  #fromUs: number | undefined;

  /** @param leadUs What the first record adds, as the rules have changed. */
  constructor(latestUs: number, leadUs: number) {
    this.#latestUs = latestUs;
    this.#leadUs = leadUs;
  }

  /** Greatest write time so far. */
  get latestUs(): number {
    return this.#latestUs;
  }

  /** What is still to be added to the next one. */
  get leadUs(): number {
    return this.#leadUs;
  }

  /** False for a record that must wait until what came before it is committed. */
  reach(receivedUs: number): boolean {
    return this.#fromUs === undefined || receivedUs <= this.#fromUs + commitSpanUs;
  }

  /** Begins a record, or several that stay together, received at this time or before. */
  moveTo(receivedUs: number): void {
    this.#latestUs = Math.max(this.#latestUs, receivedUs - 1) + this.#leadUs;
    this.#leadUs = 0;
    this.#fromUs ??= this.#latestUs;
  }

  /** The write time of an event. */
  next(): number {
    return this.#latestUs += 1;
  }

  /** Everything so far is committed. */
  settle(): void {
    this.#fromUs = undefined;
  }
}
