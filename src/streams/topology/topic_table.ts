import type { Codec } from "./codec.ts";
import type { KeyedStream } from "./keyed_stream.ts";
import { changesOf, type TableChange, unread } from "./table_changes.ts";
import type { Lookup, TableTopic } from "./table_topic.ts";
import type { Values } from "./values.ts";

/**
 * A value per key, from one topic or from several. Joined with another, it is a table again: what
 * both have of a key. The topics of all have as many partitions, and keys placed alike.
 *
 * A change of either side changes the result, in the order of the records' timestamps as far as
 * records are there; the result of a key is right once both sides are read. Nothing waits for a
 * partner, and none is too late: the first one that comes makes the result. Whichever record of a
 * topic comes last is what its key has, whatever its timestamp. A key that has no result any more is
 * deleted, once; one that never had a result has no deletion.
 *
 * `make` must depend on its arguments alone. Where it makes `undefined` or `null`, the key is deleted.
 * Where it throws, the change that led to it has not been; the rest is the business of
 * `onProcessingError`.
 *
 * @see Kafka Streams KTable; differs: a join keeps its tables, and computes its results from them
 */
export interface JoinableTable<V> extends Lookup<V> {
  /**
   * What keys have that both tables have; deleted when either side is.
   *
   * @throws {InvariantError} If two tables read the same topic.
   * @see Kafka Streams KTable#join
   */
  join<U, W>(other: JoinableTable<U>, make: (value: V, partner: U) => W): JoinedTable<W>;
  /**
   * What keys have that this table has: without a partner where the other one lacks it, or has lost
   * it; deleted when this side is.
   *
   * @see Kafka Streams KTable#leftJoin
   */
  leftJoin<U, W>(
    other: JoinableTable<U>,
    make: (value: V, partner: U | undefined) => W,
  ): JoinedTable<W>;
  /**
   * What keys have that either table has; deleted when both sides are.
   *
   * @see Kafka Streams KTable#outerJoin
   */
  outerJoin<U, W>(
    other: JoinableTable<U>,
    make: (value: V | undefined, partner: U | undefined) => W,
  ): JoinedTable<W>;
}

/** The newest value of each key of a topic, made by `table`. */
export interface TopicTable<V> extends TableTopic<V>, JoinableTable<V> {}

/**
 * A table that is what others have, joined by key. A job writes its changes to a topic, compacted, in
 * the transaction that makes them true: a deletion is a record without a value. Values of a stream
 * are joined with it as with a table of one topic.
 */
export interface JoinedTable<V> extends JoinableTable<V>, Values<TableChange, V | null> {
  /**
   * Its changes as a stream of the newest value of a key, `null` where it is deleted; of each record
   * that changed a table, at most one. Folded, as by `reduce("newest", (_before, newest) => newest)`,
   * it has a row per key, which can be queried and goes to sinks.
   *
   * @see Kafka Streams KTable#toStream
   */
  toStream(): KeyedStream<V | null, TableChange>;
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
  const itself = { topic, name: topic, codec };
  return Object.freeze({
    ...itself,
    ...joinable<V>({
      tables: [itself],
      has: (stores, key) => stores.readerOf(unread(topic)).get(key) !== undefined,
      get: (stores, key) => stores.readerOf(itself).get(key),
    }),
  });
}

function joinable<V>(lookup: Lookup<V>): JoinableTable<V> {
  return {
    ...lookup,
    join: <U, W>(other: JoinableTable<U>, make: (value: V, partner: U) => W) =>
      joined(lookup, other, {
        has: (left, right) => left && right,
        make: (value, partner) => make(value as V, partner as U),
      }),
    leftJoin: <U, W>(other: JoinableTable<U>, make: (value: V, partner: U | undefined) => W) =>
      joined<V, U, W>(lookup, other, {
        has: (left) => left,
        make: (value, partner) => make(value as V, partner),
      }),
    outerJoin: (other, make) =>
      joined(lookup, other, { has: (left, right) => left || right, make }),
  };
}

/** Which keys a join has, and what. */
interface Join<V, U, W> {
  has(left: boolean, right: boolean): boolean;
  make(value: V | undefined, partner: U | undefined): W;
}

function joined<V, U, W>(left: Lookup<V>, right: Lookup<U>, join: Join<V, U, W>): JoinedTable<W> {
  const has: Lookup<W>["has"] = (stores, key) =>
    join.has(left.has(stores, key), right.has(stores, key));
  const lookup: Lookup<W> = {
    tables: [...new Set([...left.tables, ...right.tables])],
    has,
    get: (stores, key) =>
      has(stores, key) ? join.make(left.get(stores, key), right.get(stores, key)) : undefined,
  };
  const changes = changesOf(lookup);
  return Object.freeze({
    ...joinable(lookup),
    values: { ...changes.values, latest: true },
    toStream: () => changes,
  });
}
