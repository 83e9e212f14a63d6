import type { Buffer } from "node:buffer";
import type { LogRecord, Offset, TopicPartition } from "../../streams/record.ts";
import {
  type BatchHeader,
  decodeBatch,
  isControl,
  isTransactional,
  markerIn,
  readBatchHeader,
  verifyBatch,
} from "./batch_decoder.ts";
import type { AbortedTransaction, FetchedPartition } from "./fetch_protocol.ts";

/** What one fetch brought for one partition, not decoded yet. */
export interface FetchedChunk {
  readonly bytes: Buffer;
  readonly abortedTransactions: readonly AbortedTransaction[];
  /** Position after it. */
  readonly nextOffset: Offset;
  /** Of its last batch; -1 for none. */
  readonly leaderEpoch: number;
}

/**
 * The whole batches of an answer, or `undefined` if there is none.
 *
 * Only the batches' headers are read: the position moves by the last offset that a header names,
 * past control records, aborted records and those that compaction removed.
 */
export function chunkOf(fetched: FetchedPartition): FetchedChunk | undefined {
  let end = 0;
  let nextOffset = 0;
  let leaderEpoch = -1;
  for (let header = readBatchHeader(fetched.records, 0); header !== undefined;) {
    end = header.end;
    nextOffset = header.lastOffset + 1;
    leaderEpoch = header.leaderEpoch;
    header = readBatchHeader(fetched.records, end);
  }
  if (end === 0) return undefined;
  return {
    bytes: fetched.records.subarray(0, end),
    abortedTransactions: fetched.abortedTransactions,
    nextOffset,
    leaderEpoch,
  };
}

/**
 * What one part of a chunk may unpack to before it ends; its last batch may overshoot it. A chunk of
 * 1 MB can hold hundreds of batches that unpack to `unpackedBytesMax` each.
 */
const partBytesMax = 8 * 1024 * 1024;

/** Records, and the position after them. */
export interface DecodedPart {
  readonly records: readonly LogRecord[];
  readonly nextOffset: Offset;
  /** Of the last batch that was passed; -1 for none. */
  readonly leaderEpoch: number;
}

/**
 * Decodes a chunk part by part, so that a small chunk that unpacks into very many records does not
 * become one very large array.
 *
 * Control records are left out, and so are aborted ones. The broker lists the aborted transactions
 * that touch the fetched range: from the first offset of such a transaction on, its producer's
 * transactional batches are dropped, up to its abort marker. Producers are distinguished by id,
 * markers by the batch's control bit: an ordinary record may look like a marker.
 *
 * @see org.apache.kafka.clients.consumer.internals.CompletedFetch, which does the same.
 */
export class ChunkDecoder {
  readonly #chunk: FetchedChunk;
  readonly #partition: TopicPartition;
  readonly #filter: AbortedFilter;
  #at = 0;

  constructor(chunk: FetchedChunk, partition: TopicPartition) {
    this.#chunk = chunk;
    this.#partition = partition;
    this.#filter = new AbortedFilter(chunk, partition);
  }

  /** True when the whole chunk was decoded. */
  get done(): boolean {
    return this.#at >= this.#chunk.bytes.length;
  }

  /**
   * The next batches, until there are `recordsMax` records, or `partBytesMax` bytes were unpacked;
   * one batch may overshoot either.
   *
   * @param fromOffset Records before it are left out.
   * @throws {PipelineError} See `verifyBatch` and `markerIn`; the decoder must not be used afterwards.
   */
  decode(fromOffset: Offset, recordsMax: number): DecodedPart {
    const { topic, partition } = this.#partition;
    const { bytes } = this.#chunk;
    const records: LogRecord[] = [];
    let { nextOffset, leaderEpoch } = this.#chunk;
    let unpackedBytes = 0;
    while (records.length < recordsMax && unpackedBytes < partBytesMax) {
      const header = readBatchHeader(bytes, this.#at);
      if (header === undefined) break;
      verifyBatch(bytes, header, this.#partition);
      if (this.#filter.passes(header)) {
        unpackedBytes += decodeBatch(bytes, header, { topic, partition, fromOffset }, records);
      }
      this.#at = header.end;
      nextOffset = header.lastOffset + 1;
      leaderEpoch = header.leaderEpoch;
    }
    return { records, nextOffset, leaderEpoch };
  }
}

/** Follows which producers are inside an aborted transaction while batches go by in order. */
class AbortedFilter {
  readonly #bytes: Buffer;
  readonly #partition: TopicPartition;
  readonly #upcoming: AbortedTransaction[];
  readonly #aborting = new Set<number>();

  constructor({ bytes, abortedTransactions }: FetchedChunk, partition: TopicPartition) {
    this.#bytes = bytes;
    this.#partition = partition;
    this.#upcoming = [...abortedTransactions].sort((a, b) => b.firstOffset - a.firstOffset);
  }

  /** True for a batch of committed data. */
  passes(header: BatchHeader): boolean {
    this.#advance(header.lastOffset);
    if (isControl(header)) {
      const marker = markerIn(this.#bytes, header, this.#partition);
      if (marker === "abort") this.#aborting.delete(header.producerId);
      return false;
    }
    return !(isTransactional(header) && this.#aborting.has(header.producerId));
  }

  #advance(lastOffset: Offset): void {
    for (let next = this.#upcoming.at(-1); next !== undefined; next = this.#upcoming.at(-1)) {
      if (next.firstOffset > lastOffset) return;
      this.#aborting.add(next.producerId);
      this.#upcoming.pop();
    }
  }
}
