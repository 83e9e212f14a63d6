import { PipelineError, throwIfAborted } from "../../base/errors.ts";
import { woken } from "../../base/signals.ts";
import type {
  CommitLog,
  CommittedOffset,
  Fetched,
  GroupPosition,
  LogBounds,
  PartitionReader,
  ReadFrom,
  RecordAppender,
  RecordLog,
  TopicDescription,
} from "../ports.ts";
import { partitionForKey } from "../partitioner.ts";
import {
  type LogRecord,
  type Offset,
  type OutputRecord,
  partitionName,
  type TopicPartition,
} from "../record.ts";
import { sortBySize } from "./record_sizes.ts";
import { inputTruncated, tailLost } from "../truncated.ts";
import { topicReplaced } from "../lineage_errors.ts";
import {
  MemoryWriter,
  type OpenTransaction,
  type RepeatedRequest,
  type TransactionHook,
} from "./memory_writer.ts";

interface Entry {
  /** Of the leader that wrote it. */
  readonly epoch: number;
  /** `undefined` for a control record. */
  readonly record: LogRecord | undefined;
  readonly transaction: Pick<OpenTransaction, "state"> | undefined;
}

interface Partition {
  readonly topic: TopicDescription;
  startOffset: Offset;
  /** Of the present leader. */
  epoch: number;
  readonly entries: Entry[];
  /** Everything before it is decided; only moves on. */
  stableEnd: Offset;
  readonly waiting: Set<() => void>;
}

/** Bytes of values that one read brings; its last one may overshoot them. */
const readBytesMax = 8 * 1024 * 1024;

/**
 * Kafka in memory, with what makes it hard: transactions leave control records behind, aborted
 * ones leave their records, and readers see neither.
 */
export class MemoryLog implements RecordLog, RecordAppender {
  readonly #partitions = new Map<string, Partition>();
  readonly #topics = new Map<string, TopicDescription>();
  readonly #committed = new Map<string, Map<string, GroupPosition>>();
  readonly #writers = new Map<string, MemoryWriter>();
  readonly #openWriters = new Set<MemoryWriter>();
  #created = 0;
  /** Records that one read brings at most. */
  readRecordsMax = 500;
  /** Bytes of a value that it takes at most. */
  valueBytesMax = 1_000_000;
  /** @internal */
  hook: TransactionHook = () => {};
  /** @internal */
  repeated: (input: TopicPartition) => Promise<RepeatedRequest> | undefined = () => undefined;

  /** Creates a topic; one of that name is deleted before, with everything in it. */
  createTopic(name: string, partitions: number): void {
    const topic = { id: `${name}#${this.#created++}`, partitions };
    this.#topics.set(name, topic);
    for (let partition = 0; partition < partitions; partition++) {
      const place = partitionName({ topic: name, partition });
      const before = this.#partitions.get(place);
      this.#partitions.set(place, newPartition(topic));
      for (const wake of before?.waiting ?? []) wake();
    }
  }

  /** Gives a topic more partitions, empty ones; the topic stays the same one. */
  addPartitions(name: string, partitions: number): void {
    const { id, partitions: before } = this.#topic(name);
    const topic = { id, partitions };
    this.#topics.set(name, topic);
    for (let partition = before; partition < partitions; partition++) {
      this.#partitions.set(partitionName({ topic: name, partition }), newPartition(topic));
    }
  }

  /** Loses what a broker had not synced: the log ends at the offset, and has a new leader. */
  loseTail(place: TopicPartition, endOffset: Offset): void {
    const partition = this.partition(place);
    partition.entries.length = Math.min(endOffset, partition.entries.length);
    partition.stableEnd = Math.min(endOffset, partition.stableEnd);
    partition.epoch += 1;
    for (const wake of partition.waiting) wake();
  }

  /** Its id and its partitions. */
  async describe(topic: string): Promise<TopicDescription> {
    await Promise.resolve();
    return this.#topic(topic);
  }

  #topic(name: string): TopicDescription {
    const topic = this.#topics.get(name);
    if (topic !== undefined) return topic;
    throw new PipelineError("TOPIC_UNSUITABLE", `Cannot use ${name} as there is no such topic`);
  }

  /** Where the partition begins and ends. */
  bounds(place: TopicPartition): Promise<LogBounds> {
    const partition = this.partition(place);
    return Promise.resolve({ startOffset: partition.startOffset, endOffset: stableEnd(partition) });
  }

  open(place: TopicPartition, from: ReadFrom): PartitionReader {
    return new MemoryReader(this, place, from);
  }

  append(records: readonly OutputRecord[]): Promise<readonly OutputRecord[]> {
    const { taken, refused } = sortBySize(records, this.valueBytesMax);
    for (const record of taken) this.write(record, undefined);
    this.wake();
    return Promise.resolve(refused);
  }

  /**
   * The transactions of an application; `hook` is for those made through this object alone.
   *
   * @internal
   */
  commitLogOf(applicationId: string, hook: TransactionHook = () => {}): CommitLog {
    return {
      fence: (input, outputs) => {
        const name = `${applicationId}/${partitionName(input)}`;
        this.#writers.get(name)?.fence();
        const writer = new MemoryWriter(this, applicationId, input, hook, outputs);
        this.#writers.set(name, writer);
        this.#openWriters.add(writer);
        return Promise.resolve(writer);
      },
      committed: (input) => Promise.resolve(bare(this.#position(applicationId, input))),
      positions: () => Promise.resolve([...this.#committed.get(applicationId)?.values() ?? []]),
    };
  }

  /** Writers that no one has let go of, those of crashed owners included. */
  get openWriters(): number {
    return this.#openWriters.size;
  }

  /** @internal */
  disposed(writer: MemoryWriter): void {
    this.#openWriters.delete(writer);
  }

  /** Deletes the records before an offset, as retention does. */
  truncate(place: TopicPartition, before: Offset): void {
    this.partition(place).startOffset = before;
  }

  /** Deletes records before an offset whose key has a newer one, as compaction does. */
  compact(place: TopicPartition, before: Offset): void {
    const { entries } = this.partition(place);
    const newer = new Set<string>();
    for (let offset = entries.length - 1; offset >= 0; offset--) {
      const { epoch, record, transaction } = entries[offset] as Entry;
      if (!record?.key || (transaction?.state ?? "committed") !== "committed") continue;
      const key = record.key.toHex();
      if (offset < before && newer.has(key)) {
        entries[offset] = { epoch, record: undefined, transaction };
      }
      newer.add(key);
    }
  }

  /** What a `read_committed` reader sees of a whole topic. */
  visible(topic: string): LogRecord[] {
    const count = this.#topics.get(topic)?.partitions ?? 0;
    return Array.from({ length: count }, (_, partition) => ({ topic, partition }))
      .flatMap((place) => this.committedRecords(place, 0));
  }

  /** The committed records of a partition from an offset on. */
  committedRecords(place: TopicPartition, from: Offset): LogRecord[] {
    return this.partition(place).entries.slice(from).flatMap(({ record, transaction }) =>
      record !== undefined && (transaction?.state ?? "committed") === "committed" ? [record] : []
    );
  }

  /** End of what is decided in a partition: the first undecided record stops every reader. */
  stableEnd(place: TopicPartition): Offset {
    return stableEnd(this.partition(place));
  }

  /** There is nothing to close. */
  [Symbol.asyncDispose](): Promise<void> {
    return Promise.resolve();
  }

  /** @internal */
  partition(place: TopicPartition): Partition {
    const partition = this.#partitions.get(partitionName(place));
    if (partition !== undefined) return partition;
    throw new PipelineError("TOPIC_UNSUITABLE", `Cannot use ${partitionName(place)}: not there`);
  }

  /** @internal */
  write(record: OutputRecord, transaction: Entry["transaction"]): LogRecord {
    const { topic, timestampMs, key, value, headers = {} } = record;
    const count = this.#topics.get(topic)?.partitions ?? 1;
    const partition = record.partition ?? (key === null ? 0 : partitionForKey(key, count));
    const { entries, epoch } = this.partition({ topic, partition });
    const offset = entries.length;
    const written = { topic, partition, offset, timestampMs, key, value, headers };
    entries.push({ epoch, record: written, transaction });
    return written;
  }

  /** @internal */
  control(place: TopicPartition): void {
    const { entries, epoch } = this.partition(place);
    entries.push({ epoch, record: undefined, transaction: undefined });
  }

  /** @internal */
  commitOffset(applicationId: string, input: TopicPartition, committed: CommittedOffset): void {
    const positions = this.#committed.get(applicationId) ?? new Map<string, GroupPosition>();
    this.#committed.set(applicationId, positions);
    positions.set(partitionName(input), { ...input, ...committed });
  }

  /** Forgets a group's positions, as Kafka does some days after its last member has left. */
  forgetPositions(applicationId: string): void {
    this.#committed.delete(applicationId);
  }

  /** The input position of an application; `undefined` before its first commit. */
  committedOffset(applicationId: string, input: TopicPartition): Offset | undefined {
    return this.#position(applicationId, input)?.offset;
  }

  #position(applicationId: string, input: TopicPartition): GroupPosition | undefined {
    return this.#committed.get(applicationId)?.get(partitionName(input));
  }

  /** The position after the last record that is not aborted. */
  positionAfterLast(place: TopicPartition): Offset {
    const { entries } = this.partition(place);
    const last = entries.findLastIndex(({ record, transaction }) =>
      record !== undefined && transaction?.state !== "aborted"
    );
    return last + 1;
  }

  /** @internal */
  wake(): void {
    for (const { waiting } of this.#partitions.values()) for (const wake of waiting) wake();
  }
}

class MemoryReader implements PartitionReader {
  readonly #log: MemoryLog;
  readonly #place: TopicPartition;
  readonly #topicId: string | undefined;
  #position: Offset;
  #epoch: number | undefined;

  constructor(log: MemoryLog, place: TopicPartition, from: ReadFrom) {
    this.#log = log;
    this.#place = place;
    this.#topicId = from.topicId;
    this.#position = from.offset;
    this.#epoch = from.leaderEpoch;
  }

  async next(signal: AbortSignal): Promise<Fetched> {
    throwIfAborted(signal);
    let partition = this.#checked();
    while (this.#position >= stableEnd(partition)) {
      await woken(partition.waiting, signal);
      partition = this.#checked();
    }
    if (this.#position < partition.startOffset) {
      throw inputTruncated(this.#place, this.#position, await this.#log.bounds(this.#place));
    }
    const endOffset = stableEnd(partition);
    const to = this.#readTo(partition, endOffset);
    const records = partition.entries.slice(this.#position, to).flatMap((entry) =>
      entry.record !== undefined && entry.transaction?.state !== "aborted" ? [entry.record] : []
    );
    this.#position = to;
    this.#epoch = partition.entries[to - 1]?.epoch ?? this.#epoch;
    return { records, nextOffset: to, endOffset, leaderEpoch: this.#epoch };
  }

  /** Behind the last record of a read. */
  #readTo({ entries }: Partition, endOffset: Offset): Offset {
    const most = Math.min(endOffset, this.#position + this.#log.readRecordsMax);
    let to = this.#position;
    for (let bytes = 0; to < most && bytes < readBytesMax; to++) {
      bytes += entries[to]?.record?.value?.length ?? 0;
    }
    return to;
  }

  /** The partition, if it is still the one whose log led here. */
  #checked(): Partition {
    const partition = this.#log.partition(this.#place);
    const { id } = partition.topic;
    if (this.#topicId !== undefined && id !== this.#topicId) {
      throw topicReplaced(this.#place.topic, this.#topicId, id);
    }
    const epoch = this.#epoch;
    const later = partition.entries.findIndex((entry) =>
      epoch !== undefined && entry.epoch > epoch
    );
    const end = later < 0 ? partition.entries.length : later;
    if (epoch !== undefined && end < this.#position) {
      throw tailLost(this.#place, this.#position, { leaderEpoch: epoch, endOffset: end });
    }
    return partition;
  }

  [Symbol.asyncDispose](): Promise<void> {
    return Promise.resolve();
  }
}

function bare(position: GroupPosition | undefined): CommittedOffset | undefined {
  return position && { offset: position.offset, metadata: position.metadata };
}

function newPartition(topic: TopicDescription): Partition {
  return { topic, startOffset: 0, epoch: 0, entries: [], stableEnd: 0, waiting: new Set() };
}

/** End of what is decided: the first record of an open transaction stops every reader. */
function stableEnd(partition: Partition): Offset {
  const { entries } = partition;
  while (
    partition.stableEnd < entries.length &&
    entries[partition.stableEnd]?.transaction?.state !== "open"
  ) partition.stableEnd++;
  return partition.stableEnd;
}
