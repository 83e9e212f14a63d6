import type { Codec } from "./codec.ts";
import type { Either } from "./either.ts";
import type { Aggregation, OverlappingStream, SessionStream, WindowedStream } from "./folding.ts";
import type { Folds, FoldValues } from "./folds.ts";
import type { Processor, SchedulingProcessor, StoreCodecs } from "./processor.ts";
import type { JoinWindows } from "./stream_join.ts";
import type { KeyTable } from "./table.ts";
import type { GlobalTable } from "./global_table.ts";
import type { Lookup } from "./table_topic.ts";
import type { Values } from "./values.ts";
import type { HoppingWindows, SessionWindows, SlidingWindows, TimeWindows } from "./windows.ts";

/**
 * What values come of: records alone, so that they can be folded; or also calls that a processor has
 * scheduled, so that they go to topics, and another job folds them.
 */
export type Origins = "records" | "calls";

/** What values of a stream belong to each of its branches. */
export type Conditions<T> = Readonly<Record<string, (value: T, key: string) => boolean>>;

/** A stream for each condition. */
export type Branches<T, E, C extends Origins, W extends Conditions<T>> = {
  readonly [N in keyof W]: KeyedStream<
    W[N] extends ((value: T, key: string) => value is infer U extends T) ? U : T,
    E,
    C
  >;
};

/**
 * Values with their keys, to be written as they are, or folded into a table with a row per key. A
 * row stays: it has no time at which it would be complete, or late for a value, or old enough to go.
 *
 * A stream may be continued in several ways, each of which a job can write to a topic of its own.
 *
 * A store's name has no dash; its changelog is `<job>-<store>-changelog`.
 *
 * @typeParam T Value.
 * @typeParam E Value as it was when it got its key.
 * @typeParam C What they come of.
 */
export interface KeyedStream<T, E = T, C extends Origins = "records"> extends Values<E, T> {
  /** What the values come of: for the compiler alone, no stream has it. */
  readonly cameOf?: C;

  /**
   * Makes another value of each, of the same key.
   *
   * @see Kafka Streams KStream#mapValues
   */
  map<U>(f: (value: T, key: string) => U): KeyedStream<U, E, C>;
  /** Continues with each of what a value holds. */
  flatMap<U>(f: (value: T, key: string) => readonly U[]): KeyedStream<U, E, C>;
  /** Leaves out values that are not to be kept. */
  filter(keep: (value: T, key: string) => boolean): KeyedStream<T, E, C>;
  /**
   * Several streams by name, each with the values that it is the first to want, in the order in which
   * they are written; values that none wants are left out. Where a condition is a type predicate, its
   * stream has that type.
   *
   * @see Kafka Streams KStream#split, BranchedKStream
   *
   * @example
   * ```ts ignore
   * const { large, small } = orders.branch({
   *   large: ({ cents }) => cents > 100_000,
   *   small: () => true,
   * });
   * job("orders").to("large-orders", large).to("small-orders", small);
   * ```
   */
  branch<W extends Conditions<T>>(ways: W): Branches<T, E, C, W>;
  /** Looks at every value, once, however many streams continue; at one that is read again, again. */
  peek(look: (value: T, key: string) => void): KeyedStream<T, E, C>;
  /**
   * Continues with what a processor makes of each value, with stores of its own and what it has
   * scheduled. A value is processed once, late or not, however many streams continue from here.
   *
   * What it makes goes to topics: another job makes a table of it.
   *
   * @param name Of the processor, unlike that of any other one of the job, and without dashes: of its
   *   stores, too, which are rows of the job's store with its changelog.
   * @param stores How values are written, by the store's name. A job that is to read what another
   *   codec wrote stops with `STATE_UNREADABLE`.
   * @see Kafka Streams KStream#process
   *
   * @example
   * ```ts ignore
   * const jumps = readings.process("jumps", { last: json<number>() }, {
   *   process({ celsius }, { key, stores: { last } }) {
   *     const before = last.get() ?? celsius;
   *     last.put(celsius);
   *     return Math.abs(celsius - before) < 5 ? [] : [{ sensor: key, before, celsius }];
   *   },
   * });
   * ```
   */
  process<S extends StoreCodecs, U>(
    name: string,
    stores: S,
    processor: SchedulingProcessor<T, S, U>,
  ): KeyedStream<U, E, "calls">;
  /** The same for one that schedules nothing: a table can be made of what it makes. */
  process<S extends StoreCodecs, U>(
    name: string,
    stores: S,
    processor: Processor<T, S, U>,
  ): KeyedStream<U, E, C>;
  /**
   * Joins each value with what a table has of its key when the value is processed; values of keys
   * that it does not have are left out. A value waits for what the table's topic is known to have up
   * to the value's timestamp (see `maxIdle` of `JobOptions`), and is not joined again when its
   * partner changes later. A late value is joined like any other, and is late.
   *
   * @see Kafka Streams KStream#join with a KTable
   */
  join<U, V>(table: Lookup<U>, make: (value: T, partner: U) => V): KeyedStream<V, E, C>;
  /**
   * Joins each value with what a global table has, at this moment, of a key that the value names;
   * values that name none of its keys are left out. A late value is joined like any other, and is
   * late. See `globalTable` for what follows from that.
   *
   * @param keyOf Which key of the table; `undefined` for none.
   * @see Kafka Streams KStream#join with a GlobalKTable
   */
  join<U, V>(
    table: GlobalTable<U>,
    keyOf: (value: T, key: string) => string | undefined,
    make: (value: T, partner: U) => V,
  ): KeyedStream<V, E, C>;
  /**
   * Joins each value with those of another stream that have its key and a time no further from its
   * own than `windows` says: each pair once, when the later of the two is processed, in the order of
   * its partners' times. What it makes goes to topics. Nothing is made of a value without a partner.
   *
   * A value waits for partners until the partition's time has passed its own by difference and
   * grace, and a little longer. One that comes when some that it may have had are gone is late: it
   * finds those that wait, and goes to the late topic. Values are kept as JSON, in the task's store.
   * Both streams must have been given their keys in the same way: by
   * `keyBy`, or by `groupByKey`.
   *
   * @param name As of `process`.
   * @throws {InvariantError} If the streams share a topic.
   * @see Kafka Streams KStream#join with JoinWindows; differs: a late value is joined with what there is,
   *   and kept in the late topic
   */
  join<U, F, V>(
    name: string,
    other: KeyedStream<U, F, Origins>,
    windows: JoinWindows,
    make: (value: T, partner: U) => V,
  ): KeyedStream<V, Either<E, F>, "calls">;
  /**
   * As `join` with a table, also of values whose key the table does not have.
   *
   * @see Kafka Streams KStream#leftJoin with a KTable
   */
  leftJoin<U, V>(
    table: Lookup<U>,
    make: (value: T, partner: U | undefined) => V,
  ): KeyedStream<V, E, C>;
  /**
   * As `join` with a global table, also of values that name none of its keys.
   *
   * @see Kafka Streams KStream#leftJoin with a GlobalKTable
   */
  leftJoin<U, V>(
    table: GlobalTable<U>,
    keyOf: (value: T, key: string) => string | undefined,
    make: (value: T, partner: U | undefined) => V,
  ): KeyedStream<V, E, C>;
  /**
   * As `join` with a stream, also of values that had no partner: each once, when nothing waits for
   * one any more, in the order of their times.
   *
   * @see Kafka Streams KStream#leftJoin with JoinWindows (KIP-633)
   */
  leftJoin<U, F, V>(
    name: string,
    other: KeyedStream<U, F, Origins>,
    windows: JoinWindows,
    make: (value: T, partner: U | undefined) => V,
  ): KeyedStream<V, Either<E, F>, "calls">;
  /**
   * The same, also of values of the other stream that had none.
   *
   * @see Kafka Streams KStream#outerJoin
   */
  outerJoin<U, F, V>(
    name: string,
    other: KeyedStream<U, F, Origins>,
    windows: JoinWindows,
    make: (value: T | undefined, partner: U | undefined) => V,
  ): KeyedStream<V, Either<E, F>, "calls">;
  /** How many values a key has had. */
  count(this: KeyedStream<T, E>, store: string): KeyTable<E, number>;
  /** The sum of a key's values, which begins with the first one. */
  reduce(
    this: KeyedStream<T, E>,
    store: string,
    add: (sum: T, value: T) => T,
    codec?: Codec<T>,
  ): KeyTable<E, T>;
  /** The fields of a key's values, as in `{ spent: sum(({ cents }) => cents), n: count() }`. */
  aggregate<F extends Folds<T>>(
    this: KeyedStream<T, E>,
    store: string,
    fields: F,
  ): KeyTable<E, FoldValues<F>>;
  /** What `aggregation` makes of a key's values. */
  aggregate<A>(
    this: KeyedStream<T, E>,
    store: string,
    aggregation: Aggregation<T, A>,
  ): KeyTable<E, A>;
  /** Folds per key and session, see `session`. */
  window(this: KeyedStream<T, E>, windows: SessionWindows): SessionStream<T, E>;
  /** Folds per key and window, of which several may hold a value: see `sliding` and `hopping`. */
  window(
    this: KeyedStream<T, E>,
    windows: SlidingWindows | HoppingWindows,
  ): OverlappingStream<T, E>;
  /** Folds per key and window, see `tumbling`. */
  window(this: KeyedStream<T, E>, windows: TimeWindows): WindowedStream<T, E>;
}
