import { PipelineError } from "../base/errors.ts";
import { partitionForKey } from "../streams/partitioner.ts";
import type { LogBounds } from "../streams/ports.ts";
import type { Offset, OutputRecord, TopicPartition } from "../streams/record.ts";
import { encodeText } from "../streams/text.ts";
import { sealValue } from "./checked_value.ts";
import { type Database, type Operation, writeBatch, type WriteOptions } from "./database.ts";
import { storeErrorOf } from "./database_errors.ts";
import { logKey, offsetBytes } from "./log_keys.ts";
import { folded, type PartitionState } from "./partition_state.ts";
import { encodeRecord } from "./record_bytes.ts";
import { RowDigest } from "./row_digest.ts";

/** The partitions that a batch writes to. */
export interface Partitions {
  partition(place: TopicPartition): PartitionState;
  partitionCount(topic: string): number;
}

/** A partition as of a batch. */
interface Changed {
  bounds: LogBounds;
  readonly live: RowDigest;
}

/** One atomic write. */
export class LogBatch {
  readonly #log: Partitions;
  readonly #db: Database;
  readonly #operations: Operation[] = [];
  readonly #changed = new Map<PartitionState, Changed>();

  constructor(log: Partitions, db: Database) {
    this.#log = log;
    this.#db = db;
  }

  /** Sets a small value. */
  put(key: Uint8Array, value: Uint8Array): void {
    this.#operations.push({ type: "put", key, value: sealValue(key, value) });
  }

  /** Appends a record to the partition of its own or its key's, and cleans up by the topic's rule. */
  append(record: OutputRecord): Offset {
    const { topic, key } = record;
    const partition = record.partition ??
      (key === null ? 0 : partitionForKey(key, this.#log.partitionCount(topic)));
    const state = this.#log.partition({ topic, partition });
    const { startOffset, endOffset } = this.boundsOf(state);
    this.put(logKey("r", state.placeBytes, offsetBytes(endOffset)), encodeRecord(record));
    const changed = this.#changedOf(state);
    changed.bounds = { startOffset, endOffset: endOffset + 1 };
    changed.live.add(folded(endOffset));
    if (state.topic.cleanup === "bounded") {
      this.trim(state, endOffset + 1 - state.topic.keepRecords);
    }
    return endOffset;
  }

  /** Bounds of a partition as of this batch. */
  boundsOf(state: PartitionState): LogBounds {
    return this.#changed.get(state)?.bounds ?? state.bounds;
  }

  /** Deletes one record. */
  deleteRecord(state: PartitionState, offset: Offset): void {
    this.#changedOf(state).live.remove(folded(offset));
    const key = logKey("r", state.placeBytes, offsetBytes(offset));
    this.delete(key);
  }

  #changedOf(state: PartitionState): Changed {
    const { bounds, live } = state;
    const changed = this.#changed.get(state) ?? { bounds, live: new RowDigest(live) };
    this.#changed.set(state, changed);
    return changed;
  }

  /** Deletes a small value. */
  delete(key: Uint8Array): void {
    this.#operations.push({ type: "del", key });
  }

  /** Deletes the records before an offset. */
  trim(state: PartitionState, before: Offset): void {
    const { startOffset, endOffset } = this.boundsOf(state);
    for (let offset = startOffset; offset < before; offset++) this.deleteRecord(state, offset);
    if (before > startOffset) this.#changedOf(state).bounds = { startOffset: before, endOffset };
  }

  /** Called once, by `LogDatabase.write`. */
  async write(options?: WriteOptions): Promise<void> {
    for (const [state, { bounds, live }] of this.#changed) {
      const value = encodeText(JSON.stringify({ ...bounds, live: live.sum }));
      this.put(logKey("e", state.placeBytes), value);
    }
    try {
      await writeBatch(this.#db, this.#operations, options);
    } catch (error) {
      throw new PipelineError("LOG_UNAVAILABLE", "Cannot write to the embedded log", {
        cause: storeErrorOf(this.#db.location, error),
      });
    }
    for (const [state, { bounds, live }] of this.#changed) {
      state.bounds = bounds;
      state.live = live.sum;
      for (const wake of state.waiting) wake();
    }
  }
}
