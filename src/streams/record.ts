/**
 * Greatest record timestamp that is processed, epoch ms: receive times become write times in
 * microseconds, which must not lose digits.
 */
export const recordTimestampMsMax = 9_000_000_000_000;

/** Place of a record in its partition: the broker's number, a safe integer. */
export type Offset = number;

/** One partition of one topic. */
export interface TopicPartition {
  /** Name of the topic. */
  readonly topic: string;
  /** Number of the partition, from 0. */
  readonly partition: number;
}

/** Names with raw values, as Kafka keeps them. */
export type Headers = Readonly<Record<string, Uint8Array>>;

/** A record as it was read from a log. */
export interface LogRecord extends TopicPartition {
  /** Place in its partition. */
  readonly offset: Offset;
  /** Record timestamp, epoch ms; on the input topic the time the frame was received. */
  readonly timestampMs: number;
  /** Raw key; `null` for a record without one. */
  readonly key: Uint8Array | null;
  /** Raw value; `null` is a tombstone. */
  readonly value: Uint8Array | null;
  /** Of several of one name, the last. */
  readonly headers: Headers;
  /**
   * Why nothing of a whole batch of records can be read, ever. The record then stands for all
   * offsets of the batch, and its value is what the log holds there.
   */
  readonly unreadable?: string;
}

/** A record to be written. */
export interface OutputRecord {
  /** Name of the topic. */
  readonly topic: string;
  /** Where it goes; without it the partitioner decides by key. */
  readonly partition?: number;
  /** Record timestamp, epoch ms. */
  readonly timestampMs: number;
  /** Raw key; `null` for none. */
  readonly key: Uint8Array | null;
  /** `null` is a tombstone. */
  readonly value: Uint8Array | null;
  /** None without it. */
  readonly headers?: Headers;
  /** True for one about another record: where a log takes no more, its value ends early. */
  readonly cuttable?: true;
}

/** `topic-partition`, as Kafka's own tools print it. */
export function partitionName({ topic, partition }: TopicPartition): string {
  return `${topic}-${partition}`;
}
