import type { Clock } from "../../base/clock.ts";
import {
  type CommitMetadata,
  parseCommitMetadata,
  writeCommitMetadata,
} from "../commit/commit_metadata.ts";
import { ownOutputs } from "../commit/own_outputs.ts";
import type {
  CommitLog,
  FencedWriter,
  OwnOutputs,
  RecordLog,
  StateStore,
  StateStores,
  StoreEntry,
} from "../ports.ts";
import { WaitingRecords } from "../processing/waiting_records.ts";
import type { Offset, OutputRecord, TopicPartition } from "../record.ts";
import type { Lineage, LineageTopics } from "../state/lineage.ts";
import { type EngineCodecs, firstMeta, knownEpoch, type TaskMeta } from "../state/state.ts";
import { metaKey } from "../state/store_keys.ts";
import { writeTimeUs } from "../state/write_times.ts";
import { restore } from "../task/restore.ts";
import { decodeState } from "../topology/codec.ts";

/** What a state is moved with. */
export interface MovePorts {
  readonly log: RecordLog;
  readonly commitLog: CommitLog;
  /** An empty place for copies of the changelogs. */
  readonly copies: StateStores;
  readonly codecs: Pick<EngineCodecs, "meta">;
  readonly clock: Clock;
}

/** Entries that one transaction takes, unless they are large. */
const entriesMax = 5_000;

/** The topics of a state that is moved, and what it belongs to from then on. */
export interface MovedJob {
  readonly topics: LineageTopics;
  readonly lineage: Lineage;
}

/**
 * One partition of a state that is moved: its writer, its place in the input, and a copy of its
 * changelog.
 *
 * Owner: the move.
 */
export class MovedPartition implements AsyncDisposable {
  readonly input: TopicPartition;
  readonly #ports: MovePorts;
  readonly #job: MovedJob;
  readonly #changelog: TopicPartition;
  #writer: FencedWriter;
  readonly #offset: Offset;
  #metadata: CommitMetadata | undefined;
  /** Entries that are yet to be written. */
  readonly #waiting = new WaitingRecords();
  /** Everything in the changelog, as of `bringUpToDate`. */
  readonly store: StateStore;

  private constructor(
    ports: MovePorts,
    job: MovedJob,
    input: TopicPartition,
    parts: {
      readonly writer: FencedWriter;
      readonly store: StateStore;
      readonly offset: Offset;
      readonly metadata: CommitMetadata | undefined;
    },
  ) {
    this.#ports = ports;
    this.#job = job;
    this.input = input;
    this.#changelog = { topic: job.topics.changelog, partition: input.partition };
    this.#writer = parts.writer;
    this.#offset = parts.offset;
    this.#metadata = parts.metadata;
    this.store = parts.store;
  }

  /** Shuts every former owner out, then looks what there is. */
  static async open(ports: MovePorts, job: MovedJob, partition: number): Promise<MovedPartition> {
    await using opening = new AsyncDisposableStack();
    const input = { topic: job.topics.input, partition };
    const writer = opening.use(await ports.commitLog.fence(input, outputsOf(job, partition)));
    const committed = await ports.commitLog.committed(input);
    const { startOffset } = await ports.log.bounds(input);
    const store = opening.use(await ports.copies.open(input, job.lineage.changelogId));
    opening.move();
    return new MovedPartition(ports, job, input, {
      writer,
      store,
      offset: committed?.offset ?? startOffset,
      metadata: parseCommitMetadata(committed?.metadata),
    });
  }

  /** Next offset of the input to process. */
  get offset(): Offset {
    return this.#offset;
  }

  /** What the state here belongs to as of its last commit; `undefined` before the first. */
  get lineage(): Lineage | undefined {
    return this.#metadata?.lineage;
  }

  /** What the task here knew about itself; `undefined` for a partition without a past. */
  get meta(): TaskMeta | undefined {
    const stored = this.store.get(metaKey);
    return stored === undefined ? undefined : decodeState(this.#ports.codecs.meta, stored);
  }

  /** Copies what the changelog has. */
  async bringUpToDate(signal: AbortSignal): Promise<void> {
    const { log, clock } = this.#ports;
    const { changelogId } = this.#job.lineage;
    const { store } = this;
    const changelog = this.#changelog;
    await restore({ log, changelog, changelogId, store, clock, signal, onProgress() {} });
  }

  /**
   * Writes an entry to the changelog, together with others: all have been written after `flush`. The
   * partition's place stays, and what it belongs to.
   */
  async write(entry: StoreEntry, former: Lineage): Promise<void> {
    this.#waiting.add({ ...this.#changelog, timestampMs: this.#ports.clock.nowMs(), ...entry });
    const { all, isFull } = this.#waiting;
    if (isFull || all.length >= entriesMax) await this.flush(former);
  }

  /** Writes what waits. */
  async flush(former: Lineage): Promise<void> {
    const { all: records } = this.#waiting;
    if (records.length === 0) return;
    this.#waiting.clear();
    const meta = firstMeta(former, this.#offset);
    await this.#commit(records, this.#metadata ?? metadataOf(meta, 0));
  }

  /** Makes the partition one of its new lineage, from this commit on. */
  async switchTo(meta: TaskMeta, sentOn: readonly OutputRecord[]): Promise<void> {
    const timestampMs = Math.floor(writeTimeUs(meta) / 1000);
    const value = this.#ports.codecs.meta.encode(meta);
    const record = { ...this.#changelog, timestampMs, key: metaKey, value };
    // What the last commit made true may not be shown yet, nor where it was copied to.
    const shownTo = this.#metadata?.shownTo ?? 0;
    await this.#commit([...sentOn, record], metadataOf(meta, shownTo));
  }

  async #commit(records: readonly OutputRecord[], metadata: CommitMetadata): Promise<void> {
    if (this.#writer.spent) {
      await this.#writer[Symbol.asyncDispose]();
      const outputs = outputsOf(this.#job, this.input.partition);
      this.#writer = await this.#ports.commitLog.fence(this.input, outputs);
    }
    const changelogPosition = await this.#writer.commit({
      records,
      changelog: this.#changelog,
      input: this.input,
      inputOffset: this.#offset,
      metadata: (position) => writeCommitMetadata({ ...metadata, changelogPosition: position }),
    });
    this.#metadata = { ...metadata, changelogPosition };
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await Promise.all([this.#writer[Symbol.asyncDispose](), this.store[Symbol.asyncDispose]()]);
  }
}

/** What a task writes that readers have to see whole before its state is moved. */
function outputsOf({ topics }: MovedJob, partition: number): OwnOutputs {
  const outputs = topics.repartition === undefined ? [] : [topics.repartition];
  return ownOutputs({ changelog: { topic: topics.changelog, partition }, outputs });
}

function metadataOf(meta: TaskMeta, shownTo: Offset): CommitMetadata {
  return {
    ...meta,
    changelogPosition: 0,
    shownTo,
    id: `moved-to-${meta.lineage.partitions}`,
    leaderEpoch: knownEpoch(meta.inputEpoch),
    closed: true,
  };
}
