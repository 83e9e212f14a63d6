import { throwIfAborted } from "../base/errors.ts";
import { woken } from "../base/signals.ts";
import type {
  Fetched,
  LogBounds,
  PartitionReader,
  ReadFrom,
  RecordAppender,
  RecordLog,
  TopicDescription,
} from "../streams/ports.ts";
import {
  type LogRecord,
  type Offset,
  type OutputRecord,
  type TopicPartition,
} from "../streams/record.ts";
import { identityOf } from "../streams/record_identity.ts";
import { decodeText, encodeText } from "../streams/text.ts";
import { topicReplaced } from "../streams/lineage_errors.ts";
import { inputTruncated } from "../streams/truncated.ts";
import type { LogDatabase } from "./log_database.ts";
import type { PartitionState } from "./partition_state.ts";
import { logKey, offsetOf } from "./log_keys.ts";
import { decodeRecord } from "./record_bytes.ts";

/** What one read brings at most; its last records may overshoot the bytes. */
const readMax = { limit: 2_000, bytesMax: 8 * 1024 * 1024 } as const;

/** Topics in LevelDB, inside the process. */
export class EmbeddedLog implements RecordLog, RecordAppender {
  readonly #database: LogDatabase;

  /** Closed with the database. */
  constructor(database: LogDatabase) {
    this.#database = database;
  }

  /** Id and partitions of a topic. */
  describe(topic: string): Promise<TopicDescription> {
    return Promise.resolve().then(() => this.#database.describe(topic));
  }

  /** Where a partition begins and ends. */
  bounds(place: TopicPartition): Promise<LogBounds> {
    return Promise.resolve().then(() => this.#database.partition(place).bounds);
  }

  open(place: TopicPartition, from: ReadFrom): PartitionReader {
    return new EmbeddedReader(this.#database, this.#database.partition(place), from);
  }

  /**
   * Appends, keyed records by their key's partition.
   *
   * Records of a producer that repeats itself (a sequence that is not greater than its last) are
   * already here and are skipped, so a recording can be replayed from its start and continues where
   * it was.
   */
  async append(records: readonly OutputRecord[]): Promise<readonly OutputRecord[]> {
    await this.#database.write((batch) => {
      const progress = new Map<string, number>();
      for (const record of records) {
        const identity = identityOf(record.headers);
        if (identity !== undefined) {
          const { producerId, sequence } = identity;
          const last = progress.get(producerId) ?? this.progress(producerId);
          if (sequence <= last) continue;
          progress.set(producerId, sequence);
        }
        batch.append(record);
      }
      for (const [id, sequence] of progress) batch.put(progressKey(id), encodeText(`${sequence}`));
    });
    return [];
  }

  /** Sequence of a producer's last appended record; 0 for one that was never seen. */
  progress(producerId: string): number {
    const stored = this.#database.get(progressKey(producerId));
    return stored === undefined ? 0 : Number(decodeText(stored));
  }

  /** Greatest timestamp of the partitions' last records, epoch ms; `undefined` without any. */
  async lastTimestampMs(topic: string): Promise<number | undefined> {
    let latestMs: number | undefined;
    for (let partition = 0; partition < this.#database.partitionCount(topic); partition++) {
      const state = this.#database.partition({ topic, partition });
      const { startOffset, endOffset } = state.bounds;
      const from = Math.max(startOffset, endOffset - 1);
      const { entries } = await this.#database.entries(state, [from, endOffset], readMax);
      for (const { value } of entries) {
        const { timestampMs } = decodeRecord(value);
        latestMs = Math.max(latestMs ?? timestampMs, timestampMs);
      }
    }
    return latestMs;
  }

  /** The database belongs to the main. */
  [Symbol.asyncDispose](): Promise<void> {
    return Promise.resolve();
  }
}

class EmbeddedReader implements PartitionReader {
  readonly #database: LogDatabase;
  readonly #state: PartitionState;
  readonly #topicId: string | undefined;
  #position: Offset;

  constructor(database: LogDatabase, state: PartitionState, { offset, topicId }: ReadFrom) {
    this.#database = database;
    this.#state = state;
    this.#topicId = topicId;
    this.#position = offset;
  }

  async next(signal: AbortSignal): Promise<Fetched> {
    throwIfAborted(signal);
    this.#refuseOtherTopic();
    while (this.#position >= this.#state.bounds.endOffset) await woken(this.#state.waiting, signal);
    const { startOffset, endOffset } = this.#state.bounds;
    if (this.#position < startOffset) {
      throw inputTruncated(this.#state.place, this.#position, this.#state.bounds);
    }
    if (this.#isRebuild) await this.#database.checkWhole(this.#state);
    const { records, all } = await this.#recordsTo(endOffset);
    const last = records.at(-1);
    const complete = all && this.#isCompacted;
    this.#position = complete || last === undefined ? endOffset : last.offset + 1;
    return { records, nextOffset: this.#position, endOffset, leaderEpoch: undefined };
  }

  /** All of this changelog is wanted; a reset takes what is left of whatever is there. */
  get #isRebuild(): boolean {
    return this.#isCompacted && this.#position === 0 && this.#topicId !== undefined;
  }

  get #isCompacted(): boolean {
    return this.#state.topic.cleanup === "compact";
  }

  /** The next records, up to a hole: LevelDB drops a damaged block and reads on behind it. */
  async #recordsTo(endOffset: Offset): Promise<{ records: LogRecord[]; all: boolean }> {
    const [state, position] = [this.#state, this.#position];
    const range = [position, endOffset] as const;
    const { entries, all } = await this.#database.entries(state, range, readMax);
    const records = entries.map((entry): LogRecord => ({
      ...state.place,
      offset: offsetOf(entry.key),
      ...decodeRecord(entry.value),
    }));
    if (this.#isCompacted) return { records, all };
    const whole = records.findIndex(({ offset }, index) => offset !== position + index);
    const sound = whole < 0 ? records : records.slice(0, whole);
    if (sound.length > 0) return { records: sound, all };
    // A log that begins behind the hole is what a reset can start from.
    const behind = records[0]?.offset ?? endOffset;
    await this.#database.write((batch) => batch.trim(state, behind));
    throw inputTruncated(state.place, position, state.bounds);
  }

  /** Nothing can be replaced while it is open. */
  #refuseOtherTopic(): void {
    const { topic } = this.#state.place;
    const { id } = this.#database.describe(topic);
    if (this.#topicId === undefined || this.#topicId === id) return;
    throw topicReplaced(topic, this.#topicId, id);
  }

  [Symbol.asyncDispose](): Promise<void> {
    return Promise.resolve();
  }
}

function progressKey(producerId: string): Uint8Array {
  return logKey("p", encodeText(producerId));
}
