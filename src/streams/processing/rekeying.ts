import { assert } from "../../base/assert.ts";
import { partitionOfHash } from "../partitioner.ts";
import type { LogRecord, OutputRecord } from "../record.ts";
import { rekeyedRecord } from "./side_output.ts";

/** The topic through which events get to the partition of their key. */
export interface Repartition {
  readonly topic: string;
  /** As many as the input has. */
  readonly partitions: number;
}

/**
 * What of a task's input belongs elsewhere, and what came from there.
 *
 * Owner: the record processor.
 */
export class Rekeying {
  readonly #target: Repartition | undefined;
  readonly #spreadOf: (key: string) => number;

  /**
   * @param target Absent for jobs that send nothing on.
   * @param spreadOf The hash by which a key finds its partition.
   */
  constructor(target: Repartition | undefined, spreadOf: (key: string) => number) {
    this.#target = target;
    this.#spreadOf = spreadOf;
  }

  /** True when events in the wrong place can be sent on. */
  get sendsOn(): boolean {
    return this.#target !== undefined;
  }

  /** True for the topic of records that come from the partition they were written to. */
  isRekeyed(topic: string): boolean {
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
}
