import type { Codec } from "./codec.ts";

/**
 * A topic of which every instance has the newest value of each key, whatever partition it lies in.
 * Made by `globalTable`.
 */
export interface GlobalTable<V> {
  /** Where its records are. */
  readonly topic: string;
  /** How values are read. */
  readonly codec: Pick<Codec<V>, "decode">;
  /** Bytes of keys and values that it holds at most; more stop the job. */
  readonly bytesMax: number;
}

/** What a global table may have beside its topic. */
export interface GlobalTableOptions {
  /** Bytes of keys and values that it holds at most; 256 MiB without it. */
  readonly bytesMax?: number;
}

/**
 * A table that every instance holds whole, in memory, from a topic with any number of partitions:
 * for what is small, and joined by something else than the stream's key. A record sets the value of
 * its key (UTF-8), one without a value deletes it; one that cannot be read changes nothing, and is
 * logged.
 *
 * At its start an instance reads all that the topic has then, before its tasks process anything, and
 * follows it from then on beside them. So a value is joined with what the instance knows at that
 * moment: **not in the order of timestamps, and by no position that a commit would keep**. What is
 * committed stays as it is; what a crash lost is joined again, with what the table has by then, which
 * may be newer. Where the same input must give the same result, `table` does that.
 *
 * The topic must be compacted, or keep its records without end.
 *
 * @see Kafka Streams GlobalKTable; differs: it is in memory, and read again at each start
 */
export function globalTable<V>(
  topic: string,
  codec: Pick<Codec<V>, "decode">,
  { bytesMax = bytesMaxDefault }: GlobalTableOptions = {},
): GlobalTable<V> {
  return Object.freeze({ topic, codec, bytesMax });
}

/** What a process of the default heap can hold beside all else. */
const bytesMaxDefault = 256 * 1024 * 1024;
