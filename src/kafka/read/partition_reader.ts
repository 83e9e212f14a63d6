import { Buffer } from "node:buffer";
import { assert } from "../../base/assert.ts";
import { PipelineError, throwIfAborted } from "../../base/errors.ts";
import type { Fetched, PartitionReader } from "../../streams/ports.ts";
import type { Offset, TopicPartition } from "../../streams/record.ts";
import { ChunkDecoder, chunkOf, type FetchedChunk } from "./fetched_chunk.ts";
import type { FetchedPartition } from "./fetch_protocol.ts";

/** One read brings so many records, or one batch more: 100-byte records then fill half a megabyte. */
const recordsMax = 5_000;

const noBytes = Buffer.alloc(0);

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
  #fetchPosition: Offset;
  #endOffset: Offset = 0;
  #failure: unknown;
  #emptyRounds = 0;
  #closed = false;
  #changed = Promise.withResolvers<void>();

  constructor(
    owner: ReaderOwner,
    partition: TopicPartition,
    options: { readonly offset: Offset; readonly bufferedBytesMax: number },
  ) {
    this.#owner = owner;
    this.partition = partition;
    this.#position = options.offset;
    this.#fetchPosition = options.offset;
    this.#bufferedBytesMax = options.bufferedBytesMax;
  }

  /** Where the next fetch starts. */
  get fetchPosition(): Offset {
    return this.#fetchPosition;
  }

  get closed(): boolean {
    return this.#closed;
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
      await this.#change(signal);
    }
  }

  /** Takes in what a fetch brought; an answer to a question that is out of date is dropped. */
  accept(fetched: FetchedPartition, askedOffset: Offset): void {
    if (this.#closed || askedOffset !== this.#fetchPosition) return;
    this.#emptyRounds = 0;
    this.#endOffset = Math.max(this.#endOffset, fetched.lastStableOffset);
    const chunk = chunkOf(fetched);
    if (chunk === undefined) return;
    this.#push(chunk);
  }

  /**
   * Takes in that the partition holds nothing between the position and `endOffset`, as after
   * compaction removed a tail of control records. Believed when it was said twice in a row.
   */
  acceptGap(endOffset: Offset, askedOffset: Offset): void {
    if (this.#closed || askedOffset !== this.#fetchPosition) return;
    if (++this.#emptyRounds < 2) return;
    this.#emptyRounds = 0;
    this.#endOffset = Math.max(this.#endOffset, endOffset);
    this.#push({ bytes: noBytes, abortedTransactions: [], nextOffset: endOffset });
  }

  /** The next `next` throws this, once; reading goes on where it was. */
  fail(error: unknown): void {
    if (this.#closed) return;
    this.#failure = error;
    this.#signalChange();
  }

  [Symbol.asyncDispose](): Promise<void> {
    if (!this.#closed) {
      this.#closed = true;
      this.#chunks.length = 0;
      this.#owner.readerClosed(this);
      this.#signalChange();
    }
    return Promise.resolve();
  }

  #push(chunk: FetchedChunk): void {
    assert(chunk.nextOffset > this.#fetchPosition, "a fetch must move the position forward");
    this.#chunks.push(chunk);
    this.#bufferedBytes += chunk.bytes.length;
    this.#fetchPosition = chunk.nextOffset;
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
      const { records, nextOffset } = decoder.decode(this.#position, recordsMax);
      this.#position = nextOffset;
      const endOffset = Math.max(this.#endOffset, nextOffset);
      return { records, nextOffset, endOffset, leaderEpoch: undefined };
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
    this.#fetchPosition = this.#position;
    this.#owner.readerDrained();
  }

  #throwFailure(): undefined {
    const failure = this.#failure;
    if (failure === undefined) return undefined;
    this.#failure = undefined;
    this.#owner.readerDrained();
    throw failure;
  }

  #signalChange(): void {
    this.#changed.resolve();
  }

  async #change(signal: AbortSignal): Promise<void> {
    this.#changed = Promise.withResolvers();
    const aborted = () =>
      this.#changed.reject(
        new PipelineError("ABORTED", "Cannot read on as the program is shutting down"),
      );
    signal.addEventListener("abort", aborted, { once: true });
    try {
      await this.#changed.promise;
    } finally {
      signal.removeEventListener("abort", aborted);
    }
  }
}
