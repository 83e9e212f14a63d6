import { nameOf } from "../base/bytes.ts";
import { PipelineError } from "../base/errors.ts";
import type {
  CommitLog,
  CommittedOffset,
  FencedWriter,
  GroupPosition,
  Transaction,
} from "../streams/ports.ts";
import {
  type Offset,
  type OutputRecord,
  partitionName,
  type TopicPartition,
} from "../streams/record.ts";
import { encodeText, textOf } from "../streams/text.ts";
import { synced, type WriteOptions } from "./database.ts";
import type { LogBatch } from "./log_batch.ts";
import type { LogDatabase } from "./log_database.ts";
import { logKey, offsetBytes, offsetOf, partitionBytes, partitionOf } from "./log_keys.ts";
import type { PartitionState } from "./partition_state.ts";

/**
 * Transactions in the embedded log: each is one atomic write.
 *
 * Compaction happens in the commit: an older record of the same key goes in the same write, so a
 * changelog holds one record per key. What the commit itself wrote stays whole until the next one
 * of the partition, deletions included: by then the store has applied it. No commit deletes what the
 * sink is yet to be told of (`results_under_way.ts`).
 */
export class EmbeddedCommitLog implements CommitLog {
  readonly #database: LogDatabase;
  readonly #group: string;
  readonly #options: WriteOptions;

  /**
   * The commits of a group.
   *
   * @param options.sync Whether each commit waits for the disk, so that a power cut takes none away,
   *   and none of the input before it; as if true.
   */
  constructor(database: LogDatabase, group: string, options: WriteOptions = synced) {
    this.#database = database;
    this.#group = group;
    this.#options = options;
  }

  fence(input: TopicPartition): Promise<FencedWriter> {
    const name = `${this.#group}/${partitionName(input)}`;
    const epoch = this.#database.nextEpoch(name);
    return Promise.resolve({
      commit: async (transaction: Transaction) => {
        return await this.#database.write((batch) => {
          if (this.#database.epoch(name) !== epoch) throw fenced(name);
          return this.#fill(batch, transaction);
        }, this.#options);
      },
      spent: false,
      [Symbol.asyncDispose]: () => Promise.resolve(),
    });
  }

  committed(input: TopicPartition): Promise<CommittedOffset | undefined> {
    return Promise.resolve().then(() => this.#committed(this.#group, input));
  }

  async positions(): Promise<GroupPosition[]> {
    const prefix = committedPrefix(this.#group);
    const after = prefix.slice();
    after[after.length - 1] = 1;
    const found = await this.#database.values({ gte: prefix, lt: after });
    return found.map(({ key, value }) => ({
      ...partitionOf(key.subarray(prefix.length)),
      ...JSON.parse(textOf(value)) as CommittedOffset,
    }));
  }

  #fill(batch: LogBatch, transaction: Transaction): Offset {
    const changelog = this.#database.partition(transaction.changelog);
    const compaction = new Compaction(this.#database, batch, changelog);
    for (const record of transaction.records) {
      const offset = batch.append(record);
      if (isIn(transaction.changelog, record)) compaction.supersede(record, offset);
    }
    compaction.finish();
    const changelogPosition = batch.boundsOf(changelog).endOffset;
    const { input, inputOffset, others = [], rekeyed } = transaction;
    const first = { ...input, offset: inputOffset };
    this.#processed(batch, first, transaction.metadata(changelogPosition));
    for (const other of others) this.#processed(batch, other, "");
    if (rekeyed !== undefined) this.#trim(batch, rekeyed, rekeyed.offset);
    return changelogPosition;
  }

  #processed(
    batch: LogBatch,
    { topic, partition, offset }: TopicPartition & { readonly offset: Offset },
    metadata: string,
  ): void {
    const place = { topic, partition };
    this.#trim(batch, place, offset);
    const value = encodeText(JSON.stringify({ offset, metadata }));
    batch.put(committedKey(this.#group, place), value);
  }

  /** Deletes what every reader has processed and is not to be kept. */
  #trim(batch: LogBatch, place: TopicPartition, processedTo: Offset): void {
    const source = this.#database.partition(place);
    const { cleanup, readers = [], keepRecords } = source.topic;
    if (cleanup !== "consumed") return;
    const others = readers.filter((reader) => reader !== this.#group)
      .map((reader) => this.#committed(reader, place)?.offset ?? 0);
    batch.trim(source, Math.min(processedTo, ...others) - keepRecords);
  }

  #committed(group: string, input: TopicPartition): CommittedOffset | undefined {
    const stored = this.#database.get(committedKey(group, input));
    return stored === undefined ? undefined : JSON.parse(textOf(stored));
  }
}

/** Keeps one record per key of a changelog partition. */
class Compaction {
  readonly #database: LogDatabase;
  readonly #batch: LogBatch;
  readonly #changelog: PartitionState;
  readonly #latest = new Map<string, Offset>();
  /** What the next commit is to delete. */
  readonly #dropNext = new Set<Offset>();

  constructor(database: LogDatabase, batch: LogBatch, changelog: PartitionState) {
    this.#database = database;
    this.#batch = batch;
    this.#changelog = changelog;
    this.#dropOfLastCommit();
  }

  supersede({ key, value }: OutputRecord, offset: Offset): void {
    if (key === null || this.#changelog.topic.cleanup !== "compact") return;
    const indexKey = logKey("i", this.#changelog.placeBytes, key);
    const name = nameOf(indexKey);
    const stored = this.#database.get(indexKey);
    const previous = this.#latest.get(name) ??
      (stored === undefined ? undefined : offsetOf(stored));
    if (this.#latest.has(name)) this.#dropNext.add(previous as Offset);
    else if (previous !== undefined) this.#batch.deleteRecord(this.#changelog, previous);
    this.#latest.set(name, offset);
    if (value !== null) return this.#batch.put(indexKey, offsetBytes(offset));
    this.#batch.delete(indexKey);
    this.#dropNext.add(offset);
  }

  finish(): void {
    this.#batch.put(this.#dropNextKey(), encodeText(JSON.stringify([...this.#dropNext])));
  }

  #dropOfLastCommit(): void {
    const stored = this.#database.get(this.#dropNextKey());
    if (stored === undefined) return;
    const offsets: number[] = JSON.parse(textOf(stored));
    for (const offset of offsets) this.#batch.deleteRecord(this.#changelog, offset);
  }

  #dropNextKey(): Uint8Array {
    return logKey("t", this.#changelog.placeBytes);
  }
}

function isIn(place: TopicPartition, record: OutputRecord): boolean {
  return record.topic === place.topic && record.partition === place.partition;
}

/** Ends with the byte 0, as no group has one in its name. */
function committedPrefix(group: string): Uint8Array {
  return logKey("c", groupBytes(group));
}

function groupBytes(group: string): Uint8Array {
  return encodeText(`${group}\0`);
}

function committedKey(group: string, input: TopicPartition): Uint8Array {
  return logKey("c", groupBytes(group), partitionBytes(input));
}

function fenced(name: string): PipelineError {
  return new PipelineError("LOG_FENCED", `Cannot commit ${name} as a newer owner exists`);
}
