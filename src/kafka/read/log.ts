import type {
  LogBounds,
  PartitionReader,
  ReadFrom,
  RecordLog,
  TopicDescription,
} from "../../streams/ports.ts";
import { partitionName, type TopicPartition } from "../../streams/record.ts";
import { inputTruncated } from "../../streams/task/truncated.ts";
import type { Cluster } from "../cluster.ts";
import { faultKind, isPassing, type ProtocolFault, toPipelineError } from "../errors.ts";
import { FetchLoop, type FetchLoopOwner } from "./fetch_loop.ts";
import type { FetchLimits } from "./fetch_protocol.ts";
import { listOffsetsRequest } from "../write/offsets_protocol.ts";
import { KafkaPartitionReader, type ReaderOwner } from "./partition_reader.ts";
import { Deadline, type Waiting } from "../retry.ts";

/** How much and how patiently a log is read. */
export interface ReadOptions extends FetchLimits {
  /** A reader that holds this much is not fetched for. */
  readonly bufferedBytesMax: number;
  /** How long a partition may go unanswered before its reader is told, ms. */
  readonly unavailableAfterMs: number;
}

/**
 * Reads committed records by plain fetches, without a consumer group.
 *
 * Owns its cluster: disposing of the log ends its connections. Readers of the partitions that a
 * broker leads share one fetch loop.
 */
export class KafkaLog implements RecordLog, ReaderOwner, FetchLoopOwner, AsyncDisposable {
  readonly #cluster: Cluster;
  readonly #waiting: Waiting;
  readonly #options: ReadOptions;
  readonly #loops = new Map<number, FetchLoop>();
  readonly #homes = new Map<KafkaPartitionReader, FetchLoop>();
  readonly #troubles = new Map<KafkaPartitionReader, Deadline>();
  readonly #searches = new Set<Promise<void>>();
  readonly #stop = new AbortController();

  constructor(cluster: Cluster, waiting: Waiting, options: ReadOptions) {
    this.#cluster = cluster;
    this.#waiting = waiting;
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
      throw toPipelineError(error, `read the bounds of ${partitionName(partition)}`, {
        ...partition,
      });
    }
  }

  open({ topic, partition }: TopicPartition, { offset }: ReadFrom): PartitionReader {
    const { bufferedBytesMax } = this.#options;
    const reader = new KafkaPartitionReader(this, { topic, partition }, {
      offset,
      bufferedBytesMax,
    });
    this.#place(reader);
    return reader;
  }

  readerDrained(): void {
    for (const loop of this.#loops.values()) loop.wake();
  }

  readerClosed(reader: KafkaPartitionReader): void {
    this.#displace(reader);
    this.#troubles.delete(reader);
  }

  partitionServed(reader: KafkaPartitionReader): void {
    this.#troubles.delete(reader);
  }

  partitionFailed(reader: KafkaPartitionReader, fault: ProtocolFault): void {
    this.#displace(reader);
    if (fault.type === "OFFSET_OUT_OF_RANGE") this.#track(this.#checkRange(reader, fault));
    else this.#relocate(reader, fault);
  }

  brokerFailed(readers: readonly KafkaPartitionReader[], error: unknown): void {
    for (const reader of readers) {
      if (reader.closed) continue;
      this.#displace(reader);
      this.#relocate(reader, error);
    }
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

  /** Finds the reader's leader and hands it to that broker's loop; goes on until it is closed. */
  #place(reader: KafkaPartitionReader): void {
    this.#track(this.#search(reader));
  }

  async #search(reader: KafkaPartitionReader): Promise<void> {
    const patience = this.#patience();
    for (let attempt = 0; !reader.closed && !this.#stop.signal.aborted; attempt++) {
      try {
        const leader = await this.#cluster.leader(reader.partition);
        return this.#settle(reader, leader);
      } catch (error) {
        this.#trouble(reader, error);
        await patience.pause(attempt, this.#stop.signal).catch(() => {});
      }
    }
  }

  #settle(reader: KafkaPartitionReader, nodeId: number): void {
    if (reader.closed || this.#stop.signal.aborted) return;
    const loop = this.#loops.get(nodeId) ?? this.#startLoop(nodeId);
    this.#homes.set(reader, loop);
    loop.add(reader);
  }

  #startLoop(nodeId: number): FetchLoop {
    const loop = new FetchLoop(this.#cluster, nodeId, {
      limits: this.#options,
      waiting: this.#waiting,
      owner: this,
    });
    this.#loops.set(nodeId, loop);
    return loop;
  }

  #displace(reader: KafkaPartitionReader): void {
    this.#homes.get(reader)?.remove(reader);
    this.#homes.delete(reader);
  }

  #relocate(reader: KafkaPartitionReader, error: unknown): void {
    this.#cluster.forgetTopic(reader.partition.topic);
    this.#trouble(reader, error);
    this.#place(reader);
  }

  /** Tells the reader at once of what stays, and after a while of what might pass. */
  #trouble(reader: KafkaPartitionReader, error: unknown): void {
    const since = this.#troubles.get(reader) ?? this.#patience();
    this.#troubles.set(reader, since);
    if (isPassing(error) && !since.passed) return;
    this.#troubles.delete(reader);
    reader.fail(toPipelineError(error, `read ${partitionName(reader.partition)}`));
  }

  /** A position outside the log is final, unless the leader just changed and is catching up. */
  async #checkRange(reader: KafkaPartitionReader, fault: ProtocolFault): Promise<void> {
    const wanted = reader.fetchPosition;
    try {
      const bounds = await this.bounds(reader.partition);
      if (wanted < bounds.startOffset || wanted > bounds.endOffset) {
        reader.fail(inputTruncated(reader.partition, wanted, bounds));
      }
      this.#place(reader);
    } catch (error) {
      this.#relocate(reader, faultKind(error) === "bug" ? fault : error);
    }
  }

  #track(search: Promise<void>): void {
    this.#searches.add(search);
    void search.finally(() => this.#searches.delete(search));
  }

  #patience(): Deadline {
    return new Deadline(this.#waiting, this.#options.unavailableAfterMs);
  }
}
