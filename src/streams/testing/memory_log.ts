import { PipelineError, throwIfAborted } from "../../base/errors.ts";
import type {
  CommitLog,
  CommittedOffset,
  FencedWriter,
  Fetched,
  LogBounds,
  PartitionReader,
  RecordAppender,
  RecordLog,
  Transaction,
} from "../ports.ts";
import { partitionForKey } from "../partitioner.ts";
import {
  type LogRecord,
  type Offset,
  type OutputRecord,
  partitionName,
  type TopicPartition,
} from "../record.ts";
import { inputTruncated } from "../task/truncated.ts";

/** The points of a transaction at which a test may interfere. */
export type TransactionStep =
  | "records-sent"
  | "offsets-sent"
  | "before-end"
  | "after-end";

/**
 * Called at each step of each transaction, which goes on when it resolves; what it throws is what
 * the caller of `commit` sees.
 */
export type TransactionHook = (
  step: TransactionStep,
  input: TopicPartition,
) => void | Promise<void>;

interface Entry {
  /** `undefined` for a control record. */
  readonly record: LogRecord | undefined;
  readonly transaction: { state: "open" | "committed" | "aborted" } | undefined;
}

interface Partition {
  startOffset: Offset;
  readonly entries: Entry[];
  /** Everything before it is decided; only moves on. */
  stableEnd: Offset;
  readonly waiting: Set<() => void>;
}

/**
 * Kafka in memory, with what makes it hard: transactions leave control records behind, aborted
 * ones leave their records, and readers see neither.
 */
export class MemoryLog implements RecordLog, RecordAppender {
  readonly #partitions = new Map<string, Partition>();
  readonly #counts = new Map<string, number>();
  readonly #committed = new Map<string, CommittedOffset>();
  readonly #writers = new Map<string, MemoryWriter>();
  /** Records that one read brings at most. */
  readRecordsMax = 500;
  /** For the transactions of every application. */
  hook: TransactionHook = () => {};

  createTopic(name: string, partitions: number): void {
    this.#counts.set(name, partitions);
    for (let partition = 0; partition < partitions; partition++) {
      this.#partitions.set(partitionName({ topic: name, partition }), {
        startOffset: 0,
        entries: [],
        stableEnd: 0,
        waiting: new Set(),
      });
    }
  }

  partitionCount(topic: string): Promise<number> {
    const count = this.#counts.get(topic);
    if (count !== undefined) return Promise.resolve(count);
    return Promise.reject(
      new PipelineError("TOPIC_UNSUITABLE", `Cannot use ${topic} as there is no such topic`),
    );
  }

  bounds(place: TopicPartition): Promise<LogBounds> {
    const partition = this.partition(place);
    return Promise.resolve({ startOffset: partition.startOffset, endOffset: stableEnd(partition) });
  }

  open(place: TopicPartition, offset: Offset): PartitionReader {
    return new MemoryReader(this, place, offset);
  }

  append(records: readonly OutputRecord[]): Promise<void> {
    for (const record of records) this.write(record, undefined);
    this.wake();
    return Promise.resolve();
  }

  /** The transactions of an application; `hook` is for those made through this object alone. */
  commitLogOf(applicationId: string, hook: TransactionHook = () => {}): CommitLog {
    return {
      fence: (input) => {
        const name = `${applicationId}/${partitionName(input)}`;
        this.#writers.get(name)?.fence();
        const writer = new MemoryWriter(this, applicationId, input, hook);
        this.#writers.set(name, writer);
        return Promise.resolve(writer);
      },
      committed: (input) =>
        Promise.resolve(this.#committed.get(`${applicationId}/${partitionName(input)}`)),
    };
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
      const { record, transaction } = entries[offset] as Entry;
      if (!record?.key || (transaction?.state ?? "committed") !== "committed") continue;
      const key = record.key.toHex();
      if (offset < before && newer.has(key)) entries[offset] = { record: undefined, transaction };
      newer.add(key);
    }
  }

  /** What a `read_committed` reader sees of a whole topic. */
  visible(topic: string): LogRecord[] {
    const count = this.#counts.get(topic) ?? 0;
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

  [Symbol.asyncDispose](): Promise<void> {
    return Promise.resolve();
  }

  partition(place: TopicPartition): Partition {
    const partition = this.#partitions.get(partitionName(place));
    if (partition !== undefined) return partition;
    throw new PipelineError("TOPIC_UNSUITABLE", `Cannot use ${partitionName(place)}: not there`);
  }

  write(record: OutputRecord, transaction: Entry["transaction"]): LogRecord {
    const count = this.#counts.get(record.topic) ?? 1;
    const place = {
      topic: record.topic,
      partition: record.partition ??
        (record.key === null ? 0 : partitionForKey(record.key, count)),
    };
    const { entries } = this.partition(place);
    const offset = entries.length;
    const { timestampMs, key, value, headers = {} } = record;
    const written = { ...place, offset, timestampMs, key, value, headers };
    entries.push({ record: written, transaction });
    return written;
  }

  control(place: TopicPartition): void {
    this.partition(place).entries.push({ record: undefined, transaction: undefined });
  }

  commitOffset(applicationId: string, input: TopicPartition, committed: CommittedOffset): void {
    this.#committed.set(`${applicationId}/${partitionName(input)}`, committed);
  }

  /** The input position of an application; `undefined` before its first commit. */
  committedOffset(applicationId: string, input: TopicPartition): Offset | undefined {
    return this.#committed.get(`${applicationId}/${partitionName(input)}`)?.offset;
  }

  /** The position after the last record that is not aborted. */
  positionAfterLast(place: TopicPartition): Offset {
    const { entries } = this.partition(place);
    const last = entries.findLastIndex(({ record, transaction }) =>
      record !== undefined && transaction?.state !== "aborted"
    );
    return last + 1;
  }

  wake(): void {
    for (const { waiting } of this.#partitions.values()) for (const wake of waiting) wake();
  }
}

class MemoryReader implements PartitionReader {
  readonly #log: MemoryLog;
  readonly #place: TopicPartition;
  #position: Offset;

  constructor(log: MemoryLog, place: TopicPartition, offset: Offset) {
    this.#log = log;
    this.#place = place;
    this.#position = offset;
  }

  async next(signal: AbortSignal): Promise<Fetched> {
    throwIfAborted(signal);
    const partition = this.#log.partition(this.#place);
    while (this.#position >= stableEnd(partition)) await grown(partition, signal);
    if (this.#position < partition.startOffset) {
      throw inputTruncated(this.#place, this.#position, await this.#log.bounds(this.#place));
    }
    const endOffset = stableEnd(partition);
    const to = Math.min(endOffset, this.#position + this.#log.readRecordsMax);
    const records = partition.entries.slice(this.#position, to).flatMap((entry) =>
      entry.record !== undefined && entry.transaction?.state !== "aborted" ? [entry.record] : []
    );
    this.#position = to;
    return { records, nextOffset: to, endOffset };
  }

  [Symbol.asyncDispose](): Promise<void> {
    return Promise.resolve();
  }
}

class MemoryWriter implements FencedWriter {
  readonly #log: MemoryLog;
  readonly #applicationId: string;
  readonly #input: TopicPartition;
  #fenced = false;
  readonly #hook: TransactionHook;
  #open: (() => void) | undefined;

  constructor(log: MemoryLog, applicationId: string, input: TopicPartition, hook: TransactionHook) {
    this.#log = log;
    this.#applicationId = applicationId;
    this.#input = input;
    this.#hook = hook;
  }

  /** A newer writer: what is not decided is aborted. */
  fence(): void {
    this.#fenced = true;
    this.#open?.();
  }

  async commit(transaction: Transaction): Promise<Offset> {
    await Promise.resolve();
    const log = this.#log;
    this.#refuseFenced();
    const tx: { state: "open" | "committed" | "aborted" } = { state: "open" };
    const touched = new Map<string, TopicPartition>();
    for (const record of transaction.records) {
      const place = { topic: record.topic, partition: log.write(record, tx).partition };
      touched.set(partitionName(place), place);
    }
    const end = (state: "committed" | "aborted") => {
      tx.state = state;
      this.#open = undefined;
      for (const place of touched.values()) log.control(place);
      log.wake();
    };
    this.#open = () => end("aborted");
    await this.#at("records-sent");
    const changelogPosition = log.positionAfterLast(transaction.changelog);
    await this.#at("offsets-sent");
    await this.#at("before-end");
    this.#refuseFenced();
    end("committed");
    log.commitOffset(this.#applicationId, this.#input, {
      offset: transaction.inputOffset,
      metadata: transaction.metadata(changelogPosition),
    });
    await this.#at("after-end");
    return changelogPosition;
  }

  [Symbol.asyncDispose](): Promise<void> {
    return Promise.resolve();
  }

  async #at(step: TransactionStep): Promise<void> {
    await this.#hook(step, this.#input);
    await this.#log.hook(step, this.#input);
  }

  #refuseFenced(): void {
    if (!this.#fenced) return;
    throw new PipelineError("LOG_FENCED", "Cannot commit as a newer owner exists");
  }
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

function grown(partition: Partition, signal: AbortSignal): Promise<void> {
  const { promise, resolve, reject } = Promise.withResolvers<void>();
  const stop = () => reject(new PipelineError("ABORTED", "Cannot read as the reader is closed"));
  partition.waiting.add(resolve);
  signal.addEventListener("abort", stop, { once: true });
  return promise.finally(() => {
    partition.waiting.delete(resolve);
    signal.removeEventListener("abort", stop);
  });
}
