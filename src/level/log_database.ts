import { assert } from "../base/assert.ts";
import { PipelineError } from "../base/errors.ts";
import { type Random, systemRandom } from "../base/random.ts";
import type { KeyRange, StoreRow, TopicDescription } from "../streams/ports.ts";
import { type Offset, partitionName, type TopicPartition } from "../streams/record.ts";
import { encodeText, textOf } from "../streams/text.ts";
import { openValue } from "./checked_value.ts";
import {
  closeDatabase,
  type Database,
  openDatabase,
  synced,
  type WriteOptions,
} from "./database.ts";
import { storeErrorOf } from "./database_errors.ts";
import { LogBatch } from "./log_batch.ts";
import { logKey, offsetBytes, offsetOf, partitionBytes } from "./log_keys.ts";
import { markClosed, markOpen } from "./open_mark.ts";
import {
  type EmbeddedTopic,
  folded,
  type PartitionState,
  partitionState,
  readValue,
} from "./partition_state.ts";
import { RowDigest, type RowSum } from "./row_digest.ts";

/** Keys read at once where all are. */
const keysAtOnce = 10_000;

/** What LevelDB brings of records at a time, bytes. */
const highWaterMarkBytes = 1024 * 1024;

/**
 * The embedded log's database: one LevelDB for all topics, positions and schemas.
 *
 * Owner: the main. Guarantee: each `write` is atomic and they happen one after the other, so that
 * offsets have no gaps and no reader sees half of a commit.
 */
export class LogDatabase implements AsyncDisposable {
  readonly #db: Database;
  /** False when the process before was killed or lost its power: its last writes may be missing. */
  readonly closedWell: boolean;
  readonly #partitions = new Map<string, PartitionState>();
  readonly #topicIds = new Map<string, string>();
  readonly #epochs = new Map<string, number>();
  #lastTurn: Promise<void> = Promise.resolve();

  private constructor(db: Database, closedWell: boolean) {
    this.#db = db;
    this.closedWell = closedWell;
  }

  /**
   * Opens or creates the database in a folder.
   *
   * @param topics Those to be used; what is stored of others stays.
   * @param random Makes the ids of topics that are new.
   * @throws {PipelineError} `STORE_LOCKED`, `STORE_CORRUPT` or `STORE_UNAVAILABLE`.
   */
  static async open(
    folder: string,
    topics: readonly EmbeddedTopic[],
    random: Random = systemRandom,
  ): Promise<LogDatabase> {
    const db = await openDatabase(folder);
    const log = new LogDatabase(db, !await markOpen(db));
    for (const topic of topics) await log.addTopic(topic, random);
    return log;
  }

  /**
   * Makes a topic known, with what the database holds of it.
   *
   * @internal
   */
  async addTopic(topic: EmbeddedTopic, random: Random = systemRandom): Promise<void> {
    const stored = this.get(topicKey(topic.name));
    const described: TopicDescription = stored === undefined
      ? await this.#describe(topic.name, { id: newId(random), partitions: topic.partitions })
      : JSON.parse(textOf(stored));
    this.#take(topic, described);
  }

  /** Gives a topic more partitions, empty ones. */
  async addPartitions(name: string, partitions: number): Promise<void> {
    const { topic } = this.partition({ topic: name, partition: 0 });
    assert(partitions >= this.partitionCount(name), "a topic cannot have fewer partitions");
    const { id } = this.describe(name);
    this.#take(topic, await this.#describe(name, { id, partitions }));
  }

  /** Deletes a topic with everything in it, and creates it again, with these partitions. */
  async recreate(name: string, partitions: number, random: Random = systemRandom): Promise<void> {
    const { topic } = this.partition({ topic: name, partition: 0 });
    const states = Array.from(
      { length: this.partitionCount(name) },
      (_, partition) => this.partition({ topic: name, partition }),
    );
    // First what says that there are records: without them they are none, whatever comes between.
    await this.write((batch) => {
      for (const { placeBytes } of states) {
        for (const tag of ["e", "t"] as const) batch.delete(logKey(tag, placeBytes));
      }
    }, synced);
    for (const { place } of states) {
      for (const tag of ["r", "i"] as const) await this.#deleteRange(rangeOf(tag, place));
      this.#partitions.delete(partitionName(place));
    }
    this.#take(topic, await this.#describe(name, { id: newId(random), partitions }));
  }

  async #describe(topic: string, description: TopicDescription): Promise<TopicDescription> {
    const value = encodeText(JSON.stringify(description));
    await this.write((batch) => batch.put(topicKey(topic), value), synced);
    return description;
  }

  /** Has what the database holds of a topic. */
  #take(topic: EmbeddedTopic, { id, partitions }: TopicDescription): void {
    this.#topicIds.set(topic.name, id);
    for (let partition = 0; partition < partitions; partition++) {
      const place = { topic: topic.name, partition };
      const state = partitionState(this.#db, { ...topic, partitions }, place);
      this.#partitions.set(partitionName(place), state);
    }
  }

  async #deleteRange(range: KeyRange): Promise<void> {
    try {
      await this.#db.clear(range);
    } catch (error) {
      throw storeErrorOf(this.#db.location, error);
    }
  }

  /**
   * Who may write transactions of this name: the last one who asked.
   *
   * @internal
   */
  nextEpoch(transactionalId: string): number {
    const epoch = this.epoch(transactionalId) + 1;
    this.#epochs.set(transactionalId, epoch);
    return epoch;
  }

  /** @internal */
  epoch(transactionalId: string): number {
    return this.#epochs.get(transactionalId) ?? 0;
  }

  /**
   * @throws {PipelineError} `TOPIC_UNSUITABLE` if there is no such partition.
   *
   * @internal
   */
  partition(place: TopicPartition): PartitionState {
    const state = this.#partitions.get(partitionName(place));
    if (state !== undefined) return state;
    throw new PipelineError(
      "TOPIC_UNSUITABLE",
      `Cannot use ${partitionName(place)} as the embedded log has no such partition`,
    );
  }

  /** How many partitions a topic has. */
  partitionCount(topic: string): number {
    return this.partition({ topic, partition: 0 }).topic.partitions;
  }

  /** Id and partitions of a topic. */
  describe(topic: string): TopicDescription {
    const partitions = this.partitionCount(topic);
    return { id: this.#topicIds.get(topic) ?? "", partitions };
  }

  /** A small value, checked. */
  get(key: Uint8Array): Uint8Array | undefined {
    return readValue(this.#db, key);
  }

  /**
   * What lies in a range of keys, checked.
   *
   * @internal
   */
  async values(range: KeyRange): Promise<StoreRow[]> {
    try {
      const found = await this.#db.iterator(range).all();
      return found.map(([key, sealed]) => ({ key, value: openValue(key, sealed) }));
    } catch (error) {
      throw storeErrorOf(this.#db.location, error);
    }
  }

  /**
   * The first records of a partition between two offsets, as entries: at most `limit`, and none more
   * once they have `bytesMax`.
   *
   * @internal
   */
  async entries(
    { placeBytes }: PartitionState,
    [from, to]: readonly [from: Offset, to: Offset],
    { limit, bytesMax }: { readonly limit: number; readonly bytesMax: number },
  ): Promise<{ readonly entries: StoreRow[]; readonly all: boolean }> {
    const gte = logKey("r", placeBytes, offsetBytes(from));
    const lt = logKey("r", placeBytes, offsetBytes(to));
    const entries: StoreRow[] = [];
    let bytes = 0;
    try {
      await using iterator = this.#db.iterator({ gte, lt, limit, highWaterMarkBytes });
      while (bytes < bytesMax) {
        const some = await iterator.nextv(limit);
        if (some.length === 0) return { entries, all: entries.length < limit };
        for (const [key, sealed] of some) {
          entries.push({ key, value: openValue(key, sealed) });
          bytes += sealed.length;
        }
      }
    } catch (error) {
      throw storeErrorOf(this.#db.location, error);
    }
    return { entries, all: false };
  }

  /**
   * Compares the records of a compacted partition with those that were written and not deleted:
   * holes say nothing there, and LevelDB drops a damaged part of its log with all that is in it.
   *
   * @throws {PipelineError} `CHANGELOG_TRUNCATED`.
   *
   * @internal
   */
  checkWhole(state: PartitionState): Promise<void> {
    return this.#inTurn(async () => {
      const { rows, digest } = await this.#sumOf(state.place);
      const { place, live } = state;
      if (digest === live.digest) return;
      throw new PipelineError(
        "CHANGELOG_TRUNCATED",
        `Cannot restore ${partitionName(place)} as the changelog must hold the ${live.rows} ` +
          `records that were written last: it holds ${rows}, others among them; look at the disk`,
        { context: { ...place }, remedy: "reset" },
      );
    });
  }

  async #sumOf(place: TopicPartition): Promise<RowSum> {
    const found = new RowDigest();
    try {
      await using keys = this.#db.keys(rangeOf("r", place));
      for (;;) {
        const some = await keys.nextv(keysAtOnce);
        if (some.length === 0) return found.sum;
        for (const key of some) found.add(folded(offsetOf(key)));
      }
    } catch (error) {
      throw storeErrorOf(this.#db.location, error);
    }
  }

  /**
   * Writes what `fill` puts into the batch, all or nothing.
   *
   * @throws Whatever `fill` throws, before anything is written.
   *
   * @internal
   */
  write<T>(fill: (batch: LogBatch) => T, options?: WriteOptions): Promise<T> {
    return this.#inTurn(async () => {
      const batch = new LogBatch(this, this.#db);
      const filled = fill(batch);
      await batch.write(options);
      return filled;
    });
  }

  #inTurn<T>(work: () => Promise<T>): Promise<T> {
    const result = this.#lastTurn.then(work);
    this.#lastTurn = result.then(() => {}, () => {});
    return result;
  }

  /** Closes it; the next opening finds `closedWell`. */
  async [Symbol.asyncDispose](): Promise<void> {
    await this.#lastTurn;
    try {
      await markClosed(this.#db);
    } finally {
      await closeDatabase(this.#db);
    }
  }
}

function topicKey(topic: string): Uint8Array {
  return logKey("n", encodeText(topic));
}

/** An id that no topic has had. */
function newId(random: Random): string {
  return Array.from({ length: 4 }, () => Math.floor(random.next() * 2 ** 32).toString(36))
    .join("-");
}

/** The keys of a partition's records, or of what is kept by its records' keys. */
function rangeOf(tag: "r" | "i", { topic, partition }: TopicPartition): KeyRange {
  const keyOf = (partition: number) => logKey(tag, partitionBytes({ topic, partition }));
  return { gte: keyOf(partition), lt: keyOf(partition + 1) };
}
