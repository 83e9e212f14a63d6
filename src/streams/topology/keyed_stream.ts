import { assert, InvariantError } from "../../base/assert.ts";
import { encodeText } from "../text.ts";
import type { Codec } from "./codec.ts";
import type { Either } from "./either.ts";
import {
  type Aggregation,
  aggregationOf,
  counting,
  type Planned,
  reducing,
  type SessionStream,
  sessionStream,
  type SlidingStream,
  slidingStream,
  tablePlan,
  type WindowAggregation,
  type WindowedStream,
  windowedStream,
} from "./folding.ts";
import type { Folds, FoldValues } from "./folds.ts";
import { once, type Processor, processorSteps, type Steps, type StoreCodecs } from "./processor.ts";
import { type JoinWindows, type StreamJoin, streamJoin } from "./stream_join.ts";
import { type KeyTable, keyTable } from "./table.ts";
import type { GlobalTable } from "./global_table.ts";
import type { Lookup } from "./table_topic.ts";
import {
  type Derivation,
  type EventContext,
  type NamedProcessor,
  otherInputs,
  type Topology,
} from "./topology.ts";
import { eventsAlone, type Origin, type Values, type ValuesPlan } from "./values.ts";
import {
  type SessionWindows,
  type SlidingWindows,
  type TimeWindows,
  unlimited,
} from "./windows.ts";

/**
 * Values with their keys, to be written as they are, or folded into a table with a row per key. A
 * row stays: it has no time at which it would be complete, or late for a value, or old enough to go.
 *
 * A stream may be continued in several ways: where a job writes each of them to a topic of its own,
 * its values branch.
 *
 * A store's name has no dash; its changelog is `<job>-<store>-changelog`.
 *
 * @typeParam T Value.
 * @typeParam E Value as it was when it got its key.
 */
export interface KeyedStream<T, E = T> extends Values<E, T> {
  /**
   * Makes another value of each, of the same key.
   *
   * @see Kafka Streams KStream#mapValues
   */
  map<U>(f: (value: T, key: string) => U): KeyedStream<U, E>;
  /** Continues with each of what a value holds. */
  flatMap<U>(f: (value: T, key: string) => readonly U[]): KeyedStream<U, E>;
  /** Leaves out values that are not to be kept. */
  filter(keep: (value: T, key: string) => boolean): KeyedStream<T, E>;
  /** Looks at every value, once, however many streams continue; at one that is read again, again. */
  peek(look: (value: T, key: string) => void): KeyedStream<T, E>;
  /**
   * Continues with what a processor makes of each value, with stores of its own and what it has
   * scheduled. A value is processed once, late or not, however many streams continue from here.
   *
   * What it makes goes to topics; a table can be made of it where it schedules nothing.
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
    processor: Processor<T, S, U>,
  ): KeyedStream<U, E>;
  /**
   * Joins each value with what a table has of its key when the value is processed; values of keys
   * that it does not have are left out. A value waits for what the table's topic is known to have up
   * to the value's timestamp (see `maxIdle` of `JobOptions`), and is not joined again when its
   * partner changes later. A late value is joined like any other, and is late.
   *
   * @see Kafka Streams KStream#join with a KTable
   */
  join<U, V>(table: Lookup<U>, make: (value: T, partner: U) => V): KeyedStream<V, E>;
  /**
   * Joins each value with what a global table has, at this moment, of a key that the value names;
   * values that name none of its keys are left out. See `globalTable` for what follows from that.
   *
   * @param keyOf Which key of the table; `undefined` for none.
   * @see Kafka Streams KStream#join with a GlobalKTable
   */
  join<U, V>(
    table: GlobalTable<U>,
    keyOf: (value: T, key: string) => string | undefined,
    make: (value: T, partner: U) => V,
  ): KeyedStream<V, E>;
  /**
   * Joins each value with those of another stream that have its key and a time no further from its
   * own than `windows` says: each pair once, when the later of the two is processed. What it makes
   * goes to topics.
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
    other: KeyedStream<U, F>,
    windows: JoinWindows,
    make: (value: T, partner: U) => V,
  ): KeyedStream<V, Either<E, F>>;
  /**
   * As `join` with a table, also of values whose key the table does not have.
   *
   * @see Kafka Streams KStream#leftJoin with a KTable
   */
  leftJoin<U, V>(
    table: Lookup<U>,
    make: (value: T, partner: U | undefined) => V,
  ): KeyedStream<V, E>;
  /**
   * As `join` with a global table, also of values that name none of its keys.
   *
   * @see Kafka Streams KStream#leftJoin with a GlobalKTable
   */
  leftJoin<U, V>(
    table: GlobalTable<U>,
    keyOf: (value: T, key: string) => string | undefined,
    make: (value: T, partner: U | undefined) => V,
  ): KeyedStream<V, E>;
  /**
   * As `join` with a stream, also of values that had no partner: each once, when nothing waits for one any more,
   * in the order of their times.
   *
   * @see Kafka Streams KStream#leftJoin with JoinWindows (KIP-633)
   */
  leftJoin<U, F, V>(
    name: string,
    other: KeyedStream<U, F>,
    windows: JoinWindows,
    make: (value: T, partner: U | undefined) => V,
  ): KeyedStream<V, Either<E, F>>;
  /**
   * The same, also of values of the other stream that had none.
   *
   * @see Kafka Streams KStream#outerJoin
   */
  outerJoin<U, F, V>(
    name: string,
    other: KeyedStream<U, F>,
    windows: JoinWindows,
    make: (value: T | undefined, partner: U | undefined) => V,
  ): KeyedStream<V, Either<E, F>>;
  /** How many values a key has had. */
  count(store: string): KeyTable<E, number>;
  /** The sum of a key's values, which begins with the first one. */
  reduce(store: string, add: (sum: T, value: T) => T, codec?: Codec<T>): KeyTable<E, T>;
  /** The fields of a key's values, as in `{ spent: sum(({ cents }) => cents), n: count() }`. */
  aggregate<F extends Folds<T>>(store: string, fields: F): KeyTable<E, FoldValues<F>>;
  /** What `aggregation` makes of a key's values. */
  aggregate<A>(store: string, aggregation: Aggregation<T, A>): KeyTable<E, A>;
  /** Folds per key and session, see `session`. */
  window(windows: SessionWindows): SessionStream<T, E>;
  /** Folds per key and sliding window, see `sliding`. */
  window(windows: SlidingWindows): SlidingStream<T, E>;
  /** Folds per key and window, see `tumbling` and `hopping`. */
  window(windows: TimeWindows): WindowedStream<T, E>;
}

/** Values of a source, keyed. */
export function keyedStream<T>(
  keyed: Pick<Topology<T, never, never>, "source" | "repartition">,
): KeyedStream<T> {
  const origin: Origin<T> = { ...keyed, tables: [], processors: [] };
  const plan = <A>(store: string, windows: TimeWindows, aggregation: WindowAggregation<T, A>) =>
    tablePlan(origin, store, windows, { aggregation, derivation: undefined });
  return keyedBy(origin, plan, eventsAlone);
}

type TableJoin<T, U, V> = [table: Lookup<U>, make: (value: T, partner: U) => V];

type GlobalJoin<T, U, V> = [
  table: GlobalTable<U>,
  keyOf: (value: T, key: string) => string | undefined,
  make: (value: T, partner: U) => V,
];

/** All in one place: which of them it is, only the callers' types say. */
type AnyJoin<T> =
  | TableJoin<T, unknown, unknown>
  | GlobalJoin<T, unknown, unknown>
  | WithinJoin<T, unknown, unknown, unknown>;

type WithinJoin<T, U, F, V> = [
  name: string,
  other: KeyedStream<U, F>,
  windows: JoinWindows,
  make: (value: T, partner: U) => V,
];

function keyOf({ key }: EventContext): Uint8Array {
  return encodeText(key);
}

function joinedWithin<E, F, T, U, V>(
  values: ValuesPlan<E, T>,
  [name, other, windows, make]: WithinJoin<T, U, F, V>,
  alone: Pick<StreamJoin<T, U, V>, "left" | "right">,
): KeyedStream<V, Either<E, F>> {
  const { origin, steps } = streamJoin(name, values, other.values, { windows, make, ...alone });
  return derived(withProcessor(origin, { name, punctuates: true }), steps);
}

function keyedBy<E, T>(
  keyed: Origin<E>,
  plan: Planned<E, T>,
  steps: Steps<E, T>,
): KeyedStream<T, E> {
  const fold = <A>(store: string, aggregation: Aggregation<T, A>) =>
    keyTable(plan(store, unlimited, aggregation));
  const flatMap = <U>(f: (value: T, key: string) => readonly U[]) =>
    derived<E, U>(
      keyed,
      (cause, context, stores) =>
        steps(cause, context, stores).flatMap((value) => f(value, context.key)),
    );
  const values = { ...keyed, steps, keyOf };
  return {
    values,
    map: (f) => flatMap((value, key) => [f(value, key)]),
    flatMap,
    filter: (keep) => flatMap((value, key) => keep(value, key) ? [value] : []),
    peek: (look) =>
      derived(
        keyed,
        once((cause, context, stores) => {
          const values = steps(cause, context, stores);
          for (const value of values) look(value, context.key);
          return values;
        }),
      ),
    process: (name, stores, processor) => {
      const { timeOf } = keyed.source;
      const made = processorSteps(name, stores, processor, { before: steps, timeOf });
      return derived(
        withProcessor(keyed, { name, punctuates: processor.punctuate !== undefined }),
        made,
      );
    },
    ...joinsOf(values),
    count: (store) => fold(store, counting),
    reduce: (store, add, codec) => fold(store, reducing(add, codec)),
    aggregate: <A>(store: string, aggregation: Folds<T> | Aggregation<T, A>) =>
      fold(store, aggregationOf<T, A>(aggregation)),
    window: ((windows: TimeWindows) => inWindows(plan, windows)) as KeyedStream<T, E>["window"],
  };
}

/** The joins of a stream's values. */
function joinsOf<E, T>(
  values: ValuesPlan<E, T>,
): Pick<KeyedStream<T, E>, "join" | "leftJoin" | "outerJoin"> {
  const { steps } = values;
  const joined = (table: Lookup<unknown>, make: (value: T, partner: unknown) => unknown[]) =>
    derived<E, unknown>(withTables(values, table), (cause, context, stores) => {
      const values = steps(cause, context, stores);
      if (values.length === 0) return []; // what a table is made of may throw, on behalf of none
      const partner = table.get(stores, context.key);
      return values.flatMap((value) => make(value, partner));
    });
  const joinedGlobally = (
    table: GlobalTable<unknown>,
    nameOf: (value: T, key: string) => string | undefined,
    make: (value: T, partner: unknown) => unknown[],
  ) =>
    derived<E, unknown>(withGlobal(values, table), (cause, context, stores) => {
      const global = stores.globalOf(table);
      return steps(cause, context, stores).flatMap((value) => {
        const name = nameOf(value, context.key);
        return make(value, name === undefined ? undefined : global.get(name));
      });
    });
  const join = (...args: AnyJoin<T>): unknown => {
    if (args.length === 4) return joinedWithin(values, args, {});
    const make = args.length === 2 ? args[1] : args[2];
    const some = (value: T, partner: unknown) =>
      partner === undefined ? [] : [make(value, partner)];
    return args.length === 2 ? joined(args[0], some) : joinedGlobally(args[0], args[1], some);
  };
  const leftJoin = (...args: AnyJoin<T>): unknown => {
    if (args.length === 4) {
      return joinedWithin(values, args, { left: (value: T) => args[3](value, undefined) });
    }
    const make = args.length === 2 ? args[1] : args[2];
    const all = (value: T, partner: unknown) => [make(value, partner)];
    return args.length === 2 ? joined(args[0], all) : joinedGlobally(args[0], args[1], all);
  };
  return {
    join: join as unknown as KeyedStream<T, E>["join"],
    leftJoin: leftJoin as unknown as KeyedStream<T, E>["leftJoin"],
    outerJoin: (name, other, windows, make) =>
      joinedWithin(values, [name, other, windows, make], {
        left: (value) => make(value, undefined),
        right: (partner) => make(undefined, partner),
      }),
  };
}

function inWindows<E, T>(
  plan: Planned<E, T>,
  windows: TimeWindows,
): SessionStream<T, E> | SlidingStream<T, E> | WindowedStream<T, E> {
  if (windows.sessions === true) return sessionStream(plan, windows);
  return windows.sliding === true ? slidingStream(plan, windows) : windowedStream(plan, windows);
}

function withProcessor<E>(origin: Origin<E>, processor: NamedProcessor): Origin<E> {
  return { ...origin, processors: [...origin.processors, processor] };
}

function withTables<E>(keyed: Origin<E>, { tables }: Pick<Lookup<unknown>, "tables">): Origin<E> {
  const added = tables.filter((table) => !keyed.tables.includes(table));
  const inputs = [keyed.source.topic, ...otherInputs(keyed)];
  for (const { topic } of added) {
    assert(!inputs.includes(topic), `${topic} must be read once: as a table or a stream`);
  }
  return { ...keyed, tables: [...keyed.tables, ...added] };
}

function withGlobal<E>(keyed: Origin<E>, table: GlobalTable<unknown>): Origin<E> {
  const { globals = [] } = keyed;
  const inputs = [keyed.source.topic, ...otherInputs(keyed)];
  assert(!inputs.includes(table.topic), `${table.topic} must be read once: also as an input`);
  return globals.includes(table) ? keyed : { ...keyed, globals: [...globals, table] };
}

/** Values that `steps` make of events and of what key-value stores have. */
export function derived<E, T>(keyed: Origin<E>, steps: Steps<E, T>): KeyedStream<T, E> {
  const plan = <A>(store: string, windows: TimeWindows, aggregation: WindowAggregation<T, A>) => {
    const [calls] = keyed.processors.filter(({ punctuates }) => punctuates);
    assert(
      calls === undefined,
      `what ${calls?.name} makes must go to a topic, as it has punctuate: another job folds it`,
    );
    const derivation: Derivation<E, A> = {
      of: (event, context, stores) =>
        steps(event, context, stores).map((value) => ({
          addTo: (sum) => aggregation.add(sum, value),
        })),
    };
    return tablePlan(keyed, store, windows, {
      aggregation: { ...aggregation, add: neverAdded },
      derivation,
    });
  };
  return keyedBy(keyed, plan, steps);
}

function neverAdded(): never {
  throw new InvariantError("an event that something else is made of is not added itself");
}
