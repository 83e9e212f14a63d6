import type {
  LogBounds,
  PartitionReader,
  ReadFrom,
  RecordLog,
  TopicDescription,
} from "../../streams/ports.ts";
import { dispositionOf, PipelineError } from "../../base/errors.ts";
import { type Offset, partitionName, type TopicPartition } from "../../streams/record.ts";
import { inputTruncated, tailLost } from "../../streams/truncated.ts";
import type { Cluster, LeaderLocation } from "../cluster/cluster.ts";
import { type ProtocolFault, toPipelineError, toReadError } from "../wire/errors.ts";
import { isCompactedAway } from "./compacted_gap.ts";
import { FetchLoop, type FetchLoopOwner } from "./fetch_loop.ts";
import type { Divergence, FetchLimits, FetchTarget } from "./fetch_protocol.ts";
import { listOffsetsRequest } from "../wire/offsets_protocol.ts";
import { KafkaPartitionReader, type ReaderOwner } from "./partition_reader.ts";
import { Deadline, type Timing } from "../cluster/retry.ts";

/** How much and how patiently a log is read. */
export interface ReadOptions extends FetchLimits {
  /** A reader that holds this much is not fetched for. */
  readonly bufferedBytesMax: number;
  /** How long a partition may go unanswered before its reader is informed, ms. */
  readonly unavailableAfterMs: number;
}

/** A partition that is not served, since when, and how often it was tried. */
interface Trouble {
  readonly patience: Deadline;
  readonly tries: number;
}

/**
 * Reads committed records by plain fetches, without a consumer group.
 *
 * Owns its cluster: disposing of the log ends its connections. Readers of the partitions that a
 * broker leads share one fetch loop.
 */
export class KafkaLog implements RecordLog, ReaderOwner, FetchLoopOwner, AsyncDisposable {
  readonly #cluster: Cluster;
  readonly #timing: Timing;
  readonly #options: ReadOptions;
  readonly #loops = new Map<number, FetchLoop>();
  readonly #troubles = new WeakMap<KafkaPartitionReader, Trouble>();
  readonly #searches = new Set<Promise<void>>();
  readonly #stop = new AbortController();

  constructor(cluster: Cluster, timing: Timing, options: ReadOptions) {
    this.#cluster = cluster;
    this.#timing = timing;
    this.#options = options;
  }

  async describe(topic: string): Promise<TopicDescription> {
    try {
      const found = await this.#patience().retry(() => this.#cluster.refresh(topic));
      return { id: found.topicId, partitions: found.partitions.length };
    } catch (error) {
      throw toPipelineError(error, `use topic ${topic}`, { topic });
    }
  }

  async bounds(partition: TopicPartition): Promise<LogBounds> {
    try {
      return await this.#patience().retry(() => this.#bounds(partition));
    } catch (error) {
      throw toReadError(error, `read the bounds of ${partitionName(partition)}`);
    }
  }

  open({ topic, partition }: TopicPartition, from: ReadFrom): PartitionReader {
    const { bufferedBytesMax } = this.#options;
    const reader = new KafkaPartitionReader(this, { topic, partition }, { from, bufferedBytesMax });
    this.#place(reader);
    return reader;
  }

  readerDrained(): void {
    for (const loop of this.#loops.values()) loop.wake();
  }

  readerClosed(reader: KafkaPartitionReader): void {
    this.#displace(reader);
  }

  partitionServed(reader: KafkaPartitionReader): void {
    this.#troubles.delete(reader);
  }

  partitionFailed(reader: KafkaPartitionReader, fault: ProtocolFault): void {
    if (fault.type === "OFFSET_OUT_OF_RANGE") this.#track(reader, this.#checkRange(reader, fault));
    else this.#relocate(reader, fault);
  }

  partitionDiverged(reader: KafkaPartitionReader, asked: FetchTarget, where: Divergence): void {
    this.#displace(reader);
    const lost = { leaderEpoch: asked.lastFetchedEpoch, endOffset: where.endOffset };
    reader.fail(tailLost(reader.partition, asked.offset, lost));
  }

  partitionWithheld(reader: KafkaPartitionReader, asked: FetchTarget, endOffset: Offset): void {
    this.#track(reader, this.#inquire(reader, asked, endOffset));
  }

  brokerFailed(readers: readonly KafkaPartitionReader[], error: unknown): void {
    for (const reader of readers) this.#relocate(reader, error);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#stop.abort();
    const stopping = [...this.#loops.values()].map((loop) => loop.stop());
    await this.#cluster[Symbol.asyncDispose]();
    await Promise.all([...stopping, ...this.#searches]);
  }

  async #bounds(partition: TopicPartition): Promise<LogBounds> {
    try {
      const leader = await this.#cluster.leader(partition);
      const [startOffset, endOffset] = await Promise.all([
        this.#cluster.send(leader, listOffsetsRequest(partition, "earliest")),
        this.#cluster.send(leader, listOffsetsRequest(partition, "last-stable")),
      ]);
      return { startOffset, endOffset: Math.max(startOffset, endOffset) };
    } catch (error) {
      this.#cluster.forgetTopic(partition.topic);
      throw error;
    }
  }

  /** Finds the reader's leader and hands it to that broker's loop; tries until it has ended. */
  #place(reader: KafkaPartitionReader): void {
    this.#track(reader, this.#search(reader));
  }

  async #search(reader: KafkaPartitionReader): Promise<void> {
    while (!reader.ended && !this.#stop.signal.aborted) {
      try {
        return this.#settle(reader, await this.#cluster.locate(reader.partition));
      } catch (error) {
        await this.#trouble(reader, error);
      }
    }
  }

  #settle(reader: KafkaPartitionReader, location: LeaderLocation): void {
    reader.located(location);
    if (reader.ended || this.#stop.signal.aborted) return;
    const loop = this.#loops.get(location.leader) ?? this.#startLoop(location.leader);
    loop.add(reader);
  }

  #startLoop(nodeId: number): FetchLoop {
    const loop = new FetchLoop(this.#cluster, nodeId, {
      limits: this.#options,
      timing: this.#timing,
      owner: this,
    });
    this.#loops.set(nodeId, loop);
    return loop;
  }

  #displace(reader: KafkaPartitionReader): void {
    for (const loop of this.#loops.values()) loop.remove(reader);
  }

  #relocate(reader: KafkaPartitionReader, error: unknown): void {
    this.#track(reader, this.#trouble(reader, error).then(() => this.#search(reader)));
  }

  /** Tells the reader at once of what stays, and after a while of what may pass; then waits. */
  async #trouble(reader: KafkaPartitionReader, error: unknown): Promise<void> {
    this.#cluster.forgetTopic(reader.partition.topic);
    const { patience, tries } = this.#troubles.get(reader) ?? this.#newTrouble();
    const failure = toReadError(error, `read ${partitionName(reader.partition)}`);
    const isDue = patience.passed || dispositionOf(failure) !== "retry";
    const since = isDue ? this.#newTrouble() : { patience };
    this.#troubles.set(reader, { ...since, tries: tries + 1 });
    if (isDue) reader.fail(failure);
    await patience.pause(tries, this.#stop.signal).catch(() => {});
  }

  #newTrouble(): Trouble {
    return { patience: this.#patience(), tries: 0 };
  }

  /** A position outside the log is final, unless the leader just changed and is catching up. */
  async #checkRange(reader: KafkaPartitionReader, fault: ProtocolFault): Promise<void> {
    const { offset } = reader.fetchTarget;
    try {
      const bounds = await this.bounds(reader.partition);
      const isOutside = offset < bounds.startOffset || offset > bounds.endOffset;
      this.#relocate(reader, isOutside ? inputTruncated(reader.partition, offset, bounds) : fault);
    } catch (error) {
      this.#relocate(reader, error);
    }
  }

  /** A position moves only over what the broker has shown. */
  async #inquire(
    reader: KafkaPartitionReader,
    { offset }: FetchTarget,
    endOffset: Offset,
  ): Promise<void> {
    const [cluster, timing, limits] = [this.#cluster, this.#timing, this.#options];
    const { signal } = this.#stop;
    try {
      if (!await isCompactedAway(reader, endOffset, { cluster, timing, limits, signal })) {
        return this.#relocate(reader, withheld(reader.partition, offset, endOffset));
      }
      reader.acceptGap(endOffset, offset);
      return await this.#search(reader);
    } catch (error) {
      this.#relocate(reader, error);
    }
  }

  /** Nothing is fetched for a reader while it is found out where it continues. */
  #track(reader: KafkaPartitionReader, search: Promise<void>): void {
    this.#displace(reader);
    this.#searches.add(search);
    void search.finally(() => this.#searches.delete(search));
  }

  #patience(): Deadline {
    return new Deadline(this.#timing, this.#options.unavailableAfterMs);
  }
}

/**
 * A broker gives up a read from tiered storage after `remote.fetch.max.wait.ms`, 500 by default, and
 * begins it again with the next fetch (KIP-1018).
 */
function withheld(place: TopicPartition, offset: Offset, endOffset: Offset): PipelineError {
  return new PipelineError(
    "LOG_UNAVAILABLE",
    `Cannot read ${partitionName(place)} from offset ${offset} as the broker must show what lies ` +
      `before the end ${endOffset}: it answers with nothing; if the topic has tiered storage, ` +
      "raise remote.fetch.max.wait.ms of the brokers",
    { context: { ...place, offset, endOffset } },
  );
}
