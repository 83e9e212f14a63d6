import { Buffer } from "node:buffer";
import { assert } from "../../base/assert.ts";
import { unlessAborted } from "../../base/backoff.ts";
import { dispositionOf, throwIfAborted } from "../../base/errors.ts";
import type { Fetched, PartitionReader, ReadFrom } from "../../streams/ports.ts";
import type { Offset, TopicPartition } from "../../streams/record.ts";
import { ChunkDecoder, chunkOf, type FetchedChunk } from "./fetched_chunk.ts";
import { topicReplaced } from "../../streams/lineage_errors.ts";
import type { FetchedPartition, FetchTarget } from "./fetch_protocol.ts";

/**
 * One read brings so many records, or one batch more. Two reads are in memory at a time, and must be
 * gone before the collector has seen them twice: what it promotes costs it several times as much.
 */
const recordsMax = 1_000;

const noBytes = Buffer.alloc(0);
const noEpoch = -1;
/** Before the first topic was seen. */
const noTopicId = "";

/** Where a partition is, and what it is. */
export interface PartitionLocation {
  readonly topicId: string;
  /** Of the broker that leads it now. */
  readonly leaderEpoch: number;
}

function isPermanent(failure: unknown): boolean {
  return failure !== undefined && dispositionOf(failure) !== "retry";
}

/** Told when a reader has room again or is gone. */
export interface ReaderOwner {
  readerDrained(): void;
  readerClosed(reader: KafkaPartitionReader): void;
}

/**
 * One partition's buffer between the fetch loop, which fills it, and its user, who empties it.
 *
 * Chunks are kept as bytes and decoded when they are taken: the memory of what waits is exactly
 * what came over the wire. A full reader is left out of the next fetch.
 */
export class KafkaPartitionReader implements PartitionReader {
  readonly partition: TopicPartition;
  readonly #owner: ReaderOwner;
  readonly #bufferedBytesMax: number;
  readonly #chunks: FetchedChunk[] = [];
  /** Of the first chunk, once its decoding has begun. */
  #decoder: ChunkDecoder | undefined;
  #bufferedBytes = 0;
  #position: Offset;
  #leaderEpoch: number;
  /** Where the next fetch starts, and in which log. */
  #fetchTarget: FetchTarget;
  #endOffset: Offset = 0;
  #failure: unknown;
  #closed = false;
  #changed = Promise.withResolvers<void>();

  constructor(
    owner: ReaderOwner,
    partition: TopicPartition,
    options: { readonly from: ReadFrom; readonly bufferedBytesMax: number },
  ) {
    const { offset, leaderEpoch = noEpoch, topicId = noTopicId } = options.from;
    this.#owner = owner;
    this.partition = partition;
    this.#position = offset;
    this.#leaderEpoch = leaderEpoch;
    this.#fetchTarget = {
      topicId,
      partition: partition.partition,
      offset,
      currentLeaderEpoch: noEpoch,
      lastFetchedEpoch: leaderEpoch,
    };
    this.#bufferedBytesMax = options.bufferedBytesMax;
  }

  /** What to ask for next; complete once the partition was located. */
  get fetchTarget(): FetchTarget {
    return this.#fetchTarget;
  }

  /** True when nothing more will be read: it was closed, or has failed permanently. */
  get ended(): boolean {
    return this.#closed || isPermanent(this.#failure);
  }

  /**
   * Takes in where the partition is now. The first topic that is seen under the name is the one
   * that is read: fails permanently when it is another one.
   */
  located({ topicId, leaderEpoch }: PartitionLocation): void {
    const wanted = this.#fetchTarget.topicId;
    if (wanted !== noTopicId && wanted !== topicId) {
      return this.fail(topicReplaced(this.partition.topic, wanted, topicId));
    }
    this.#fetchTarget = { ...this.#fetchTarget, topicId, currentLeaderEpoch: leaderEpoch };
  }

  /** True when the reader can take another chunk; one chunk may overshoot the bound. */
  get hasRoom(): boolean {
    return this.#bufferedBytes < this.#bufferedBytesMax && this.#failure === undefined;
  }

  async next(signal: AbortSignal): Promise<Fetched> {
    for (;;) {
      throwIfAborted(signal);
      assert(!this.#closed, "cannot read from a closed reader");
      const taken = this.#take();
      if (taken !== undefined) return taken;
      this.#changed = Promise.withResolvers();
      await unlessAborted(this.#changed.promise, signal, "records");
    }
  }

  /** Takes in what a fetch brought; an answer to a question that is out of date is dropped. */
  accept(fetched: FetchedPartition, askedOffset: Offset): void {
    if (this.#closed || askedOffset !== this.#fetchTarget.offset) return;
    this.#endOffset = Math.max(this.#endOffset, fetched.lastStableOffset);
    const chunk = chunkOf(fetched);
    if (chunk === undefined || chunk.nextOffset <= askedOffset) return;
    this.#push(chunk);
  }

  /** Takes in the proof that compaction left nothing between a position and `endOffset`. */
  acceptGap(endOffset: Offset, askedOffset: Offset): void {
    if (this.#closed || askedOffset !== this.#fetchTarget.offset) return;
    this.#endOffset = Math.max(this.#endOffset, endOffset);
    this.#push({
      bytes: noBytes,
      abortedTransactions: [],
      nextOffset: endOffset,
      leaderEpoch: this.#fetchTarget.lastFetchedEpoch,
    });
  }

  /**
   * The next `next` throws this, after what was fetched before: once, and reading continues where
   * it was, if it may succeed later; otherwise from then on each time.
   */
  fail(error: unknown): void {
    if (this.ended) return;
    this.#failure = error;
    this.#signalChange();
  }

  [Symbol.asyncDispose](): Promise<void> {
    if (!this.#closed) {
      this.#closed = true;
      this.#owner.readerClosed(this);
      this.#chunks.length = 0;
      this.#signalChange();
    }
    return Promise.resolve();
  }

  #push(chunk: FetchedChunk): void {
    const { nextOffset: offset, leaderEpoch: lastFetchedEpoch } = chunk;
    assert(offset > this.#fetchTarget.offset, "a fetch must move the position forward");
    this.#chunks.push(chunk);
    this.#bufferedBytes += chunk.bytes.length;
    this.#fetchTarget = { ...this.#fetchTarget, offset, lastFetchedEpoch };
    this.#signalChange();
  }

  #take(): Fetched | undefined {
    const chunk = this.#chunks[0];
    if (chunk === undefined) return this.#throwFailure();
    this.#decoder ??= new ChunkDecoder(chunk, this.partition);
    const fetched = this.#decode(this.#decoder);
    if (this.#decoder.done) this.#release(chunk);
    return fetched;
  }

  #release(chunk: FetchedChunk): void {
    const wasFull = !this.hasRoom;
    this.#decoder = undefined;
    this.#chunks.shift();
    this.#bufferedBytes -= chunk.bytes.length;
    if (wasFull) this.#owner.readerDrained();
  }

  #decode(decoder: ChunkDecoder): Fetched {
    try {
      const part = decoder.decode(this.#position, recordsMax);
      this.#position = part.nextOffset;
      this.#leaderEpoch = part.leaderEpoch;
      const endOffset = Math.max(this.#endOffset, part.nextOffset);
      const leaderEpoch = part.leaderEpoch === noEpoch ? undefined : part.leaderEpoch;
      return { ...part, endOffset, leaderEpoch };
    } catch (error) {
      this.#rewind();
      throw error;
    }
  }

  /** Bytes that cannot be read are dropped and fetched again. */
  #rewind(): void {
    this.#decoder = undefined;
    this.#chunks.length = 0;
    this.#bufferedBytes = 0;
    const lastFetchedEpoch = this.#leaderEpoch;
    this.#fetchTarget = { ...this.#fetchTarget, offset: this.#position, lastFetchedEpoch };
    this.#owner.readerDrained();
  }

  #throwFailure(): undefined {
    const failure = this.#failure;
    if (failure === undefined) return undefined;
    if (isPermanent(failure)) throw failure;
    this.#failure = undefined;
    this.#owner.readerDrained();
    throw failure;
  }

  #signalChange(): void {
    this.#changed.resolve();
  }
}
