import { assert } from "../../base/assert.ts";
import { partitionForKey } from "../partitioner.ts";
import type { LogRecord, OutputRecord } from "../record.ts";
import { encodeText } from "../text.ts";
import { PartsWriter } from "../repartition_record.ts";
import type { WrittenPart } from "./written_parts.ts";

/** The topic through which events get to the partition of their key. */
export interface Repartition {
  readonly topic: string;
  /** As many as the input has. */
  readonly partitions: number;
}

/** Bytes of events that wait at most to be sent on by a commit; then it is made early. */
const waitingBytesMax = 8_388_608;

/** Keys whose place is remembered. */
const keysMax = 16_384;

/** Where a key belongs. */
interface KeyPlace {
  readonly bytes: Uint8Array;
  readonly partition: number;
}

/**
 * What of a task's input belongs elsewhere, and waits for the commit that sends it there.
 *
 * Owner: the record processor.
 */
export class Rekeying {
  readonly #target: Repartition | undefined;
  readonly #waiting: PartsWriter;
  readonly #places = new Map<string, KeyPlace>();

  /** @param target Absent for jobs that send nothing on. */
  constructor(target: Repartition | undefined) {
    this.#target = target;
    this.#waiting = new PartsWriter(target?.topic ?? "");
  }

  /** True when events in the wrong place can be sent on. */
  get sendsOn(): boolean {
    return this.#target !== undefined;
  }

  /** True where another partition has the key, as its writer had a partitioner of its own. */
  belongsElsewhere(key: string, partition: number): boolean {
    if (this.#target === undefined || this.#target.partitions === 1) return false;
    return this.#placeOf(key, this.#target).partition !== partition;
  }

  /** Takes events of a record along to the partition of their key. */
  sendOn(record: LogRecord, { key, indexes, value }: WrittenPart): void {
    assert(this.#target !== undefined, "events can only be sent on to a topic");
    const { bytes, partition } = this.#placeOf(key, this.#target);
    const { timestampMs } = record;
    const origin = { partition: record.partition, offset: record.offset, indexes };
    this.#waiting.add(partition, { key: bytes, value, timestampMs, origin });
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

  #placeOf(key: string, { partitions }: Repartition): KeyPlace {
    const known = this.#places.get(key);
    if (known !== undefined) return known;
    if (this.#places.size >= keysMax) this.#places.clear();
    const bytes = encodeText(key).slice();
    const place = { bytes, partition: partitionForKey(bytes, partitions) };
    this.#places.set(key, place);
    return place;
  }
}
