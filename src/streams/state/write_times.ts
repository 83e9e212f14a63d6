import type { TaskMeta } from "./state.ts";

/**
 * What each change of the rules adds to the write times that follow, microseconds: more than one for
 * every event of a commit, so that no row of lost work by former rules wins or ties.
 */
const changeUs = 1_000_000;

/** The write time of the last event that a state holds, microseconds. */
export function writeTimeUs({ versionUs, rules }: Pick<TaskMeta, "versionUs" | "rules">): number {
  return versionUs + addedUs(rules);
}

/** What the changes of the rules, without the first ones, add to every write time. */
export function addedUs({ changes }: Pick<TaskMeta["rules"], "changes">): number {
  return Math.max(0, changes - 1) * changeUs;
}

/**
 * The write times of a task's rows, microseconds: strictly increasing along the input, near the
 * receive times of its records.
 *
 * Owner: the record processor.
 */
export class WriteTimes {
  #versionUs: number;
  readonly #addedUs: number;

  constructor({ versionUs, rules }: Pick<TaskMeta, "versionUs" | "rules">) {
    this.#versionUs = versionUs;
    this.#addedUs = addedUs(rules);
  }

  /** See `TaskMeta`. */
  get versionUs(): number {
    return this.#versionUs;
  }

  /** Begins a record, or several that stay together, received at this time or before. */
  moveTo(receivedUs: number): void {
    this.#versionUs = Math.max(this.#versionUs, receivedUs - 1);
  }

  /** The write time of an event. */
  next(): number {
    this.#versionUs += 1;
    return this.#versionUs + this.#addedUs;
  }
}
