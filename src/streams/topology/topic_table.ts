import type { Codec } from "./codec.ts";
import type { StoreOf } from "./key_values.ts";

/** The newest value of each key of a topic, made by `table`. */
export interface TopicTable<V> extends StoreOf<V> {
  /** Where its records are. */
  readonly topic: string;
}

/**
 * A table from a topic: a record sets the value of its key (UTF-8), one without a value deletes it.
 *
 * A task keeps the keys of its partition in its store, with its changelog, so that it needs the topic
 * no more for what it has read: records may go by retention or compaction. The topic must have as
 * many partitions as the job's input, and a key must lie where Kafka's own partitioner (murmur2) puts
 * it; a record elsewhere is a dead letter, as its key would never be found, and so is one that cannot
 * be read.
 *
 * @param codec Also of the rows of the store, which are the records' values as they came.
 * @see Kafka Streams StreamsBuilder#table; differs: with a changelog of its own in place of the topic
 *   (`topology.optimization`), so that a restore applies what was read and nothing else (KAFKA-8037)
 */
export function table<V>(topic: string, codec: Codec<V>): TopicTable<V> {
  return Object.freeze({ topic, name: topic, codec });
}
