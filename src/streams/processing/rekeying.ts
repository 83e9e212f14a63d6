import { assert } from "../../base/assert.ts";
import { partitionOfHash } from "../partitioner.ts";
import type { LogRecord, Offset, OutputRecord } from "../record.ts";
import { rekeyedRecord } from "./side_output.ts";
import type { RekeyedProgress } from "../state/state.ts";

/** The topic through which events get to the partition of their key. */
export interface Repartition {
  readonly topic: string;
  /** As many as the input has. */
  readonly partitions: number;
}

/**
 * What of a task's input belongs elsewhere, and how far the task is with what others sent it.
 *
 * The records of the repartition topic are processed in portions. A commit settles where a portion
 * ends before any of it is processed, so a task that begins again after a crash cuts the same ones:
 * `plan`, commit, `begin`, `finish`.
 *
 * Owner: the record processor.
 */
export class Rekeying {
  readonly #target: Repartition | undefined;
  readonly #spreadOf: (key: string) => number;
  readonly #progress: { -readonly [K in keyof RekeyedProgress]: RekeyedProgress[K] };

  /**
   * @param target Absent for jobs that send nothing on.
   * @param spreadOf The hash by which a key finds its partition.
   */
  constructor(
    target: Repartition | undefined,
    progress: RekeyedProgress,
    spreadOf: (key: string) => number,
  ) {
    this.#target = target;
    this.#spreadOf = spreadOf;
    this.#progress = { ...progress };
  }

  /** What a commit has to keep. */
  get progress(): RekeyedProgress {
    return { ...this.#progress };
  }

  /** Portions that were begun since the state began. */
  get portions(): number {
    return this.#progress.portions;
  }

  /** True when events in the wrong place can be sent on. */
  get sendsOn(): boolean {
    return this.#target !== undefined;
  }

  /** True for a record that came through the repartition topic. */
  isRekeyed({ topic }: LogRecord): boolean {
    return topic === this.#target?.topic;
  }

  /** True where another partition has the key, as its writer had a partitioner of its own. */
  belongsElsewhere(key: string, partition: number): boolean {
    if (this.#target === undefined || this.#target.partitions === 1) return false;
    return partitionOfHash(this.#spreadOf(key), this.#target.partitions) !== partition;
  }

  /** What takes events of a record to the partition of their key. */
  sentOn(
    record: LogRecord,
    part: { readonly key: string; readonly value: Uint8Array; readonly indexes: readonly number[] },
  ): OutputRecord {
    assert(this.#target !== undefined, "events can only be sent on to a topic");
    return rekeyedRecord(this.#target.topic, record, part);
  }

  /**
   * Settles where the next portion ends.
   *
   * @returns False when there is nothing between it and the end of the last one.
   */
  plan(plannedTo: Offset): boolean {
    assert(this.#progress.plannedTo === this.#progress.offset, "one portion is planned at a time");
    if (plannedTo <= this.#progress.offset) return false;
    this.#progress.plannedTo = plannedTo;
    return true;
  }

  /** Begins the planned portion; gives its records of those that were read. */
  begin(records: readonly LogRecord[]): LogRecord[] {
    const { offset, plannedTo } = this.#progress;
    assert(plannedTo > offset, "a portion must be planned before it is processed");
    this.#progress.portions += 1;
    return records.filter((record) => record.offset >= offset && record.offset < plannedTo);
  }

  /** The portion that was begun is processed. */
  finish(): void {
    this.#progress.offset = this.#progress.plannedTo;
  }

  /** Moves over offsets that hold no record; not worth a commit. */
  pass(offset: Offset): void {
    assert(
      this.#progress.plannedTo === this.#progress.offset,
      "a planned portion was passed over",
    );
    this.#progress.offset = Math.max(this.#progress.offset, offset);
    this.#progress.plannedTo = this.#progress.offset;
  }
}
