import { assert } from "../../base/assert.ts";
import { partitionForKey } from "../partitioner.ts";
import type { LogRecord, OutputRecord } from "../record.ts";
import { encodeText } from "../text.ts";
import { type Fault, type Source, streamsOf } from "../topology/topology.ts";
import { PartsWriter, type Progress, progressPart } from "../repartition_record.ts";
import type { WrittenPart } from "./events_away.ts";
import { waitingBytesMax } from "./waiting_records.ts";

/** The topic through which events get to the partition of their key. */
export interface Repartition {
  readonly topic: string;
  /** As many as the input has. */
  readonly partitions: number;
}

/** Keys whose place is remembered. */
const keysMax = 16_384;

const noBytes = new Uint8Array();

/** Where a key belongs. */
export interface KeyPlace {
  readonly bytes: Uint8Array;
  readonly partition: number;
  /** Why nothing can have this key. */
  readonly fault: Fault | undefined;
}

/**
 * What of a task's input belongs elsewhere, and waits for the commit that sends it there.
 *
 * Owner: the record processor.
 */
export class Rekeying {
  readonly #target: Repartition | undefined;
  readonly #source: Pick<Source<never>, "keyFault">;
  readonly #inputs: readonly string[];
  readonly #waiting: PartsWriter;
  readonly #places = new Map<string, KeyPlace>();

  /** @param target Absent for jobs that send nothing on. */
  constructor(
    target: Repartition | undefined,
    source: Pick<Source<never>, "keyFault" | "topic" | "more">,
  ) {
    this.#target = target;
    this.#source = source;
    this.#inputs = streamsOf(source);
    this.#waiting = new PartsWriter(target?.topic ?? "");
  }

  /** True when events in the wrong place can be sent on. */
  get sendsOn(): boolean {
    return this.#target !== undefined;
  }

  /** True where another partition has the key, as its writer had a partitioner of its own. */
  belongsElsewhere(key: string, partition: number): boolean {
    if (this.#target === undefined || this.#target.partitions === 1) return false;
    return this.placeOf(key).partition !== partition;
  }

  /** Where a key belongs, for jobs that send events on. */
  placeOf(key: string): KeyPlace {
    const known = this.#places.get(key);
    if (known !== undefined) return known;
    assert(this.#target !== undefined, "events can only be sent on to a topic");
    if (this.#places.size >= keysMax) this.#places.clear();
    const detail = this.#source.keyFault?.(key);
    if (detail !== undefined) {
      return { bytes: noBytes, partition: 0, fault: { cause: "impossible-value", detail } };
    }
    const bytes = encodeText(key).slice();
    const partition = partitionForKey(bytes, this.#target.partitions);
    const place = { bytes, partition, fault: undefined };
    this.#places.set(key, place);
    return place;
  }

  /** Takes events of a record along to the partition of their keys; gives how many. */
  sendOn(
    { topic, partition: from, offset, timestampMs }: LogRecord,
    partition: number,
    { value, keys, indexes }: Exclude<WrittenPart, number>,
  ): number {
    const input = this.#inputs.indexOf(topic);
    const origin = { input, partition: from, offset, indexes };
    this.#waiting.add(partition, { value, keys, timestampMs, origin });
    let count = 0;
    for (const key of keys) if (key !== undefined) count++;
    return count;
  }

  /** Says to all other partitions how far this one has read its input. */
  tell(progress: Progress, place: Pick<LogRecord, "timestampMs" | "partition" | "offset">): void {
    assert(this.#target !== undefined, "only tasks that send events on wait for each other");
    const part = progressPart(progress, place);
    for (let partition = 0; partition < this.#target.partitions; partition++) {
      if (partition !== place.partition) this.#waiting.add(partition, part);
    }
  }

  /** True when no more should wait. */
  get isFull(): boolean {
    return this.#waiting.sizeBytes >= waitingBytesMax;
  }

  /** What waits. */
  records(): readonly OutputRecord[] {
    return this.#waiting.records();
  }

  /** Leaves all that waits to a commit, which has its `records`. */
  handOver(): void {
    this.#waiting.clear();
  }
}
